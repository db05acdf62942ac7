#include "exposition/render.hpp"

#include "exposition/openmetrics_writer.hpp"
#include "exposition/output.hpp"
#include "exposition/protobuf_writer.hpp"
#include "exposition/text_writer.hpp"

#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace pillion {
namespace {

void WriteFamilies(FamilyRuns runs, Format format, Output& out) {
  switch (format) {
    case Format::kText004: WriteTextFamilies(runs, out); break;
    case Format::kOpenMetrics100: WriteOpenMetricsFamilies(runs, out); break;
    case Format::kProtobuf: WriteProtobufFamilies(runs, out); break;
  }
}

std::string_view EndOf(Format format) {
  return format == Format::kOpenMetrics100 ? kOpenMetricsEnd : std::string_view();
}

void Write(const PagePlan& plan, Format format, ByteSink& sink) {
  Output out(&sink);
  WriteFamilies(OneRun(plan), format, out);
  out.Append(EndOf(format));
  out.Flush();
}

std::vector<std::string> Compress(const PagePlan& plan, Format format, const BodyPtr& plain,
                                  CompressingSink&& sink) {
  if (plain != nullptr) {
    for (const std::string& chunk : plain->chunks) sink.Write(chunk);
  } else {
    Write(plan, format, sink);
  }
  return sink.Finish();
}

enum class Part { kSteady, kMoving };

void WritePart(const PagePlan& plan, Part part, Format format, Output& out) {
  const std::span families(plan.families);
  std::vector<std::span<const PlanFamily>> runs;
  runs.reserve(plan.steady.families.size() + 1);
  size_t next = 0;
  for (const uint32_t i : plan.steady.families) {
    if (part == Part::kSteady) {
      runs.push_back(families.subspan(i, 1));
    } else if (i > next) {
      runs.push_back(families.subspan(next, i - next));
    }
    next = i + size_t{1};
  }
  if (part == Part::kMoving) runs.push_back(families.subspan(next));
  WriteFamilies(runs, format, out);
}

std::vector<std::string> GzipInPieces(const PagePlan& plan, Format format, const SteadyPiece& last,
                                      SteadyPiece& piece) {
  piece = last;
  if (piece.id != plan.steady.id) {
    GzipPieceSink sink(last.piece == nullptr ? nullptr : last.piece->codes);
    Output out(&sink);
    WritePart(plan, Part::kSteady, format, out);
    out.Flush();
    piece = {plan.steady.id, std::make_shared<const GzipPiece>(sink.Finish())};
  }
  GzipSink sink(piece.piece, EndOf(format));
  Output out(&sink);
  WritePart(plan, Part::kMoving, format, out);
  out.Flush();
  return sink.Finish();
}

}  // namespace

Rendered Render(const PagePlan& plan, Format format, Encoding encoding, const BodyPtr& plain,
                const SteadyPiece& last) {
  Rendered rendered;
  auto body = std::make_shared<Body>();
  body->format = format;
  body->encoding = encoding;
  switch (encoding) {
    case Encoding::kIdentity: {
      ChunkSink sink;
      Write(plan, format, sink);
      body->chunks = sink.Take();
      break;
    }
    case Encoding::kGzip:
      body->chunks = plan.steady.id == 0 ? Compress(plan, format, plain, GzipSink())
                                         : GzipInPieces(plan, format, last, rendered.piece);
      break;
    case Encoding::kZstd: body->chunks = Compress(plan, format, plain, ZstdSink()); break;
  }
  for (const std::string& chunk : body->chunks) body->size += chunk.size();
  rendered.body = std::move(body);
  return rendered;
}

}  // namespace pillion
