#include "search.hpp"

#include "node_sink.hpp"
#include "tables.hpp"

#include "common/together.hpp"

#include <algorithm>
#include <utility>

namespace pillion::redis {
namespace {

constexpr size_t kIndexesAtOnce = 50;
constexpr std::string_view kAcl = "+ft._list +ft.info";
constexpr double kMb = 1024.0 * 1024;

struct FieldDesc {
  std::string_view field;
  MetricId metric;
  double factor = 1;
};
constexpr FieldDesc kFields[] = {
    {"num_docs", kSearchNumDocs},
    {"max_doc_id", kSearchMaxDocId},
    {"num_terms", kSearchNumTerms},
    {"num_records", kSearchNumRecords},
    {"inverted_sz_mb", kSearchInvertedSize, kMb},
    {"total_inverted_index_blocks", kSearchBlocks},
    {"vector_index_sz_mb", kSearchVectorSize, kMb},
    {"offset_vectors_sz_mb", kSearchOffsetSize, kMb},
    {"doc_table_size_mb", kSearchDocTableSize, kMb},
    {"sortable_values_size_mb", kSearchSortableSize, kMb},
    {"key_table_size_mb", kSearchKeyTableSize, kMb},
    {"tag_overhead_sz_mb", kSearchTagSize, kMb},
    {"text_overhead_sz_mb", kSearchTextSize, kMb},
    {"total_index_memory_sz_mb", kSearchTotalSize, kMb},
    {"geoshapes_sz_mb", kSearchGeoSize, kMb},
    {"records_per_doc_avg", kSearchRecordsPerDoc},
    {"bytes_per_record_avg", kSearchBytesPerRecord},
    {"offsets_per_term_avg", kSearchOffsetsPerTerm},
    {"offset_bits_per_record_avg", kSearchBitsPerRecord},
    {"indexing", kSearchIndexing},
    {"percent_indexed", kSearchPercentIndexed},
    {"hash_indexing_failures", kSearchFailures},
    {"number_of_uses", kSearchUses},
    {"cleaning", kSearchCleaning},
};
static_assert(std::size(kFields) == SearchIndexes::kFieldCount);

std::optional<double> NumberOf(const redisReply* reply) {
  if (const auto integer = IntegerOf(reply)) return static_cast<double>(*integer);
  return ToDouble(TextOf(reply));
}

}  // namespace

SearchIndexes::SearchIndexes(const Settings& settings) : pattern_(new regex_t{}) {
  const int error =
      regcomp(pattern_.get(), settings.check_search_indexes.c_str(), REG_EXTENDED | REG_NOSUB);
  if (error == 0) return;
  char why[100];
  regerror(error, pattern_.get(), why, sizeof why);
  delete pattern_.release();  // there is nothing to free in it
  throw OptionError("check_search_indexes", why);
}

Result<void> SearchIndexes::Collect(const PollContext& ctx, Session& session,
                                    const Reading& reading, Sink& sink) const {
  const auto indexes = Ask(ctx, session, reading);
  if (!indexes) return indexes.error();
  Emit(*indexes, sink);
  return {};
}

Result<void> SearchIndexes::CollectNodes(const PollContext& ctx, std::span<const NodeReading> nodes,
                                         NodeFailures& failures) const {
  if (nodes.empty()) return {};
  const Error unfinished{Reason::kInternal, "the questions did not end"};  // if one throws
  std::vector<Result<std::vector<Index>>> found(nodes.size(), unfinished);
  std::vector<Task> tasks;
  for (size_t i = 0; i < nodes.size(); ++i) {
    tasks.emplace_back([&, i](const PollContext& own) {
      found[i] = Ask(own, *nodes[i].session, nodes[i].reading);
    });
  }
  RunTogether(ctx, tasks);
  NodeSink to(ctx);
  NodeFailures::Run run(failures, kSearchIndexes);
  for (size_t i = 0; i < nodes.size(); ++i) {
    run.Add(nodes[i].name, found[i] ? Result<void>() : found[i].error());
    if (!found[i]) continue;
    to.SetNode(nodes[i].name);
    Emit(*found[i], to.sink());
  }
  return run.End();
}

Result<std::vector<SearchIndexes::Index>> SearchIndexes::Ask(const PollContext& ctx,
                                                             Session& session,
                                                             const Reading& reading) const {
  std::vector<Index> indexes;
  if (reading.server.sentinel) return indexes;
  const auto list = reading.answers.Get(Ask::kSearchList);
  if (!list) return list.error();
  std::vector<std::string> names;
  for (const redisReply* index : ElementsOf(*list)) {
    std::string name(TextOf(index));
    if (names.size() == kIndexesMax) break;
    if (regexec(pattern_.get(), name.c_str(), 0, nullptr, 0) == 0) names.push_back(std::move(name));
  }
  for (size_t begin = 0; begin < names.size(); begin += kIndexesAtOnce) {
    Pipeline pipeline;
    for (size_t i = begin; i < std::min(names.size(), begin + kIndexesAtOnce); ++i) {
      pipeline.Add({"FT.INFO", names[i]});
    }
    const auto replies = session.Exchange(ctx, pipeline);
    if (!replies) return replies.error();
    for (const Reply& reply : *replies) {
      if (IsError(reply.get()) && ReasonOf(TextOf(reply.get())) == Reason::kPermission) {
        return ErrorOfCommand("FT.INFO", kAcl, TextOf(reply.get()), reading.settings.user);
      }
      auto index = ReadIndex(reply.get());
      if (index) indexes.push_back(std::move(*index));  // else it is gone
    }
  }
  return indexes;
}

std::optional<SearchIndexes::Index> SearchIndexes::ReadIndex(const redisReply* reply) {
  Index index;
  index.name = ValueIn(reply, "index_name");
  if (index.name.empty()) return std::nullopt;
  const auto parts = ElementsOf(reply);
  for (size_t i = 0; i + 1 < parts.size(); i += 2) {
    for (size_t field = 0; field < kFieldCount; ++field) {
      if (index.numbers[field] || kFields[field].field != TextOf(parts[i])) continue;
      index.numbers[field] = NumberOf(parts[i + 1]);
    }
  }
  return index;
}

void SearchIndexes::Emit(std::span<const Index> indexes, Sink& sink) {
  for (const Index& index : indexes) {
    const Labels labels = sink.MakeLabels(FamilyOf(kSearchNumDocs), {index.name});
    for (size_t field = 0; field < kFieldCount; ++field) {
      if (!index.numbers[field]) continue;
      sink.Add(FamilyOf(kFields[field].metric), labels,
               *index.numbers[field] * kFields[field].factor);
    }
  }
}

}  // namespace pillion::redis
