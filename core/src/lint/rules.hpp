// What needs the memory of a page: families, series, points, names. What one line alone can break
// is in parse/syntax_rules.hpp.
//
// Severities are those of OpenMetrics. Where text 0.0.4 and protobuf forgive what it forbids, a
// violation carries a warning (lint.hpp, Violation::severity).
#pragma once

#include "parse/rule.hpp"

#include <span>
#include <vector>

namespace pillion::lint {

using parse::Rule;
using parse::Severity;

// ---- families ----------------------------------------------------------------------------------
inline constexpr Rule kDuplicateMetadata{"duplicate-metadata", Severity::kError,
                                         "HELP, TYPE and UNIT stand at most once in a family."};
inline constexpr Rule kMetadataOrder{"metadata-order", Severity::kError,
                                     "HELP, TYPE and UNIT stand before the family's samples."};
inline constexpr Rule kFamilySplit{"family-split", Severity::kError,
                                   "All lines of a family stand together."};
inline constexpr Rule kNameClash{"name-clash", Severity::kError,
                                 "No two families can have samples of one name."};
inline constexpr Rule kUnitSuffix{"unit-suffix", Severity::kError,
                                  "The unit is the end of the family's name, after an underscore."};
inline constexpr Rule kUnitlessType{"unitless-type", Severity::kError,
                                    "Info and stateset have no unit."};

// ---- series and their labels -------------------------------------------------------------------
inline constexpr Rule kDuplicateSeries{"duplicate-series", Severity::kError,
                                       "Name and labels of a sample are unique on the page."};
inline constexpr Rule kPointSplit{
    "point-split", Severity::kError,
    "OpenMetrics keeps the samples of one histogram or summary together."};
inline constexpr Rule kTimestampOrder{"timestamp-order", Severity::kError,
                                      "Samples of one series have ascending timestamps."};
inline constexpr Rule kReservedLabel{"reserved-label", Severity::kError,
                                     "Label names that begin with __ belong to Prometheus."};
inline constexpr Rule kSampleName{"sample-name", Severity::kError,
                                  "A sample is named like its family, with a suffix of its type."};
inline constexpr Rule kCounterTotal{
    "counter-total", Severity::kError,
    "OpenMetrics: the family is NAME, a counter's sample NAME_total."};

// ---- values ------------------------------------------------------------------------------------
inline constexpr Rule kCounterValue{"counter-value", Severity::kError,
                                    "A counter is neither negative nor NaN."};
inline constexpr Rule kCreatedValue{"created-value", Severity::kError,
                                    "A _created is a Unix time in seconds."};
inline constexpr Rule kInfoValue{"info-value", Severity::kError, "An info is 1."};
inline constexpr Rule kStateValue{"stateset-value", Severity::kError, "A state is 0 or 1."};
inline constexpr Rule kStateLabel{"stateset-label", Severity::kError,
                                  "The label of a state is named like the family."};

// ---- histograms and summaries ------------------------------------------------------------------
inline constexpr Rule kBucketBound{"bucket-bound", Severity::kError,
                                   "A bucket has a label le, and it is a number."};
inline constexpr Rule kBucketOrder{"bucket-order", Severity::kError,
                                   "The bounds of a histogram ascend."};
inline constexpr Rule kBucketCount{"bucket-count", Severity::kError,
                                   "Bucket counts are cumulative, so they never fall."};
inline constexpr Rule kBucketValue{"bucket-value", Severity::kError,
                                   "A bucket holds a whole number, not below 0."};
inline constexpr Rule kInfBucket{"inf-bucket", Severity::kError,
                                 "A histogram has a bucket with le=\"+Inf\"."};
inline constexpr Rule kHistogramCount{"histogram-count", Severity::kError,
                                      "_count is what the +Inf bucket holds."};
inline constexpr Rule kHistogramParts{"histogram-parts", Severity::kError,
                                      "A histogram has _sum and _count, or neither."};
inline constexpr Rule kHistogramSum{"histogram-sum", Severity::kError,
                                    "A _sum is a counter: not NaN, not negative, and not there "
                                    "where a bound is negative."};
inline constexpr Rule kQuantile{"quantile", Severity::kError,
                                "A quantile is a number from 0 to 1."};
inline constexpr Rule kQuantileOrder{"quantile-order", Severity::kError,
                                     "Text lists the quantiles of a summary in ascending order."};
inline constexpr Rule kSummaryValue{
    "summary-value", Severity::kError,
    "Count, sum and quantile values of a summary are not negative."};
inline constexpr Rule kNativeHistogram{"native-histogram", Severity::kError,
                                       "A native histogram's schema is -4 to 8, its spans fit its "
                                       "buckets, and they sum to its count."};
inline constexpr Rule kCanonicalBound{
    "canonical-bound", Severity::kWarning,
    "OpenMetrics spells le and quantile as 1.0, 0.005, 1e+06, +Inf: else a series changes its name "
    "with the format."};

// ---- exemplars and timestamps ------------------------------------------------------------------
inline constexpr Rule kExemplarPlace{"exemplar-place", Severity::kError,
                                     "Exemplars stand on counters' _total and on buckets."};
inline constexpr Rule kExemplarLength{"exemplar-length", Severity::kError,
                                      "Names and values of an exemplar's labels have at most 128 "
                                      "characters together."};
inline constexpr Rule kExemplarValue{"exemplar-value", Severity::kError,
                                     "The exemplar of a bucket lies within it."};
inline constexpr Rule kSampleTimestamp{
    "sample-timestamp", Severity::kWarning,
    "A page has no timestamps: with them a series that went away lingers for five minutes."};

// ---- names -------------------------------------------------------------------------------------
inline constexpr Rule kNoHelp{"no-help", Severity::kWarning, "Each family has a HELP text."};
inline constexpr Rule kCounterSuffix{"counter-suffix", Severity::kWarning,
                                     "The name of a counter ends in _total."};
inline constexpr Rule kTotalSuffix{"total-suffix", Severity::kWarning,
                                   "The name of nothing but a counter ends in _total."};
inline constexpr Rule kReservedSuffix{
    "reserved-suffix", Severity::kWarning,
    "_bucket, _count and _sum are the suffixes of histograms and summaries."};
inline constexpr Rule kDistributionLabel{"distribution-label", Severity::kWarning,
                                         "le is the label of histograms, quantile of summaries."};
inline constexpr Rule kTypeInName{"type-in-name", Severity::kWarning,
                                  "The name of a family does not tell its type."};
inline constexpr Rule kColon{"colon", Severity::kWarning,
                             "Colons in names are for recording rules."};
inline constexpr Rule kCamelCase{"camel-case", Severity::kWarning, "Names are snake_case."};
inline constexpr Rule kBaseUnit{"base-unit", Severity::kWarning,
                                "Units are base units: seconds, bytes, meters."};
inline constexpr Rule kAbbreviatedUnit{"abbreviated-unit", Severity::kWarning,
                                       "Units are written out."};
inline constexpr Rule kScraperName{
    "scraper-name", Severity::kWarning,
    "up and scrape_* are added by Prometheus itself, for each target."};
inline constexpr Rule kUtf8Name{"utf8-name", Severity::kWarning,
                                "Names that need quotes are refused by Prometheus 2."};

inline constexpr Rule kUnchecked{"unchecked", Severity::kWarning,
                                 "The page is too large to be checked as a whole."};

inline constexpr const Rule* kPageRules[] = {
    &kDuplicateMetadata, &kMetadataOrder,   &kFamilySplit,
    &kNameClash,         &kUnitSuffix,      &kUnitlessType,
    &kDuplicateSeries,   &kPointSplit,      &kTimestampOrder,
    &kReservedLabel,     &kSampleName,      &kCounterTotal,
    &kCounterValue,      &kCreatedValue,    &kInfoValue,
    &kStateValue,        &kStateLabel,      &kBucketBound,
    &kBucketOrder,       &kBucketCount,     &kBucketValue,
    &kInfBucket,         &kHistogramCount,  &kHistogramParts,
    &kHistogramSum,      &kQuantile,        &kQuantileOrder,
    &kSummaryValue,      &kNativeHistogram, &kCanonicalBound,
    &kExemplarPlace,     &kExemplarLength,  &kExemplarValue,
    &kSampleTimestamp,   &kNoHelp,          &kCounterSuffix,
    &kTotalSuffix,       &kReservedSuffix,  &kDistributionLabel,
    &kTypeInName,        &kColon,           &kCamelCase,
    &kBaseUnit,          &kAbbreviatedUnit, &kScraperName,
    &kUtf8Name,          &kUnchecked,
};

// These and the parser's.
std::vector<const Rule*> AllRules();

}  // namespace pillion::lint
