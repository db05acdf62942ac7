// What a parser can see on one line. More about rules: parse/rule.hpp.
#pragma once

#include "parse/rule.hpp"

#include <span>

namespace pillion::parse {

inline constexpr Rule kInvalidUtf8{"invalid-utf8", Severity::kError,
                                   "An exposition is UTF-8 throughout."};
inline constexpr Rule kMetricName{
    "metric-name", Severity::kError,
    "A line begins with a metric name, [a-zA-Z_:][a-zA-Z0-9_:]*, or a quoted one in braces."};
inline constexpr Rule kLabelName{"label-name", Severity::kError,
                                 "A label name is [a-zA-Z_][a-zA-Z0-9_]*, or quoted."};
inline constexpr Rule kLabelSyntax{
    "label-syntax", Severity::kError,
    "Labels are name=\"value\" with a comma between them, in braces."};
inline constexpr Rule kDuplicateLabel{"duplicate-label", Severity::kError,
                                      "A label name stands once in a sample."};
inline constexpr Rule kEscape{"escape", Severity::kError,
                              "A backslash stands before another one, an n or a quote."};
inline constexpr Rule kOddEscape{
    "odd-escape", Severity::kWarning,
    "OpenMetrics lets a backslash stand before any character; readers differ in what it means."};
inline constexpr Rule kValue{"value", Severity::kError,
                             "A value is a decimal number, NaN, +Inf or -Inf."};
inline constexpr Rule kTimestamp{
    "timestamp", Severity::kError,
    "A timestamp is milliseconds in text, digits only, and seconds in OpenMetrics."};
inline constexpr Rule kExemplar{
    "exemplar", Severity::kError,
    "An exemplar is # {labels} value [timestamp], and OpenMetrics only."};
inline constexpr Rule kTrailingText{"trailing-text", Severity::kError,
                                    "After value and timestamp the line ends."};
inline constexpr Rule kWhitespace{
    "whitespace", Severity::kError,
    "No blank before a name or at the end, no carriage return; single spaces in OpenMetrics."};
inline constexpr Rule kMetadata{"metadata", Severity::kError,
                                "HELP, TYPE and UNIT are followed by a name and their text."};
inline constexpr Rule kUnknownType{"unknown-type", Severity::kError,
                                   "The type is one that the format has."};
inline constexpr Rule kComment{"comment", Severity::kError,
                               "OpenMetrics has no comments but HELP, TYPE, UNIT and EOF."};
inline constexpr Rule kLostMetadata{
    "lost-metadata", Severity::kWarning,
    "A blank stands between # and HELP or TYPE: to some readers it is a comment without."};
inline constexpr Rule kEmptyLine{"empty-line", Severity::kError, "OpenMetrics has no empty lines."};
inline constexpr Rule kFinalLineFeed{"final-line-feed", Severity::kError,
                                     "The last line ends with a line feed."};
inline constexpr Rule kEof{"eof", Severity::kError, "OpenMetrics ends with # EOF, once and last."};
inline constexpr Rule kLimit{"limit", Severity::kError,
                             "No line, name or value beyond what any scraper would take."};
inline constexpr Rule kWireFormat{"wire-format", Severity::kError,
                                  "Messages are whole, and their fields are what the schema says."};
inline constexpr Rule kFieldOrder{
    "field-order", Severity::kError,
    "Name and type of a family stand before its metrics, as every writer puts them."};

inline constexpr const Rule* kSyntaxRules[] = {
    &kInvalidUtf8, &kMetricName,  &kLabelName,  &kLabelSyntax,  &kDuplicateLabel, &kEscape,
    &kOddEscape,   &kValue,       &kTimestamp,  &kExemplar,     &kTrailingText,   &kWhitespace,
    &kMetadata,    &kUnknownType, &kComment,    &kLostMetadata, &kEmptyLine,      &kFinalLineFeed,
    &kEof,         &kLimit,       &kWireFormat, &kFieldOrder,
};

}  // namespace pillion::parse
