#include "exposition/render.hpp"

#include "exposition/openmetrics_writer.hpp"
#include "exposition/output.hpp"
#include "exposition/protobuf_writer.hpp"
#include "exposition/text_writer.hpp"

#include <algorithm>
#include <span>
#include <string>
#include <utility>

namespace pillion {
namespace {

void WriteFamilies(std::span<const PlanFamily> families, Format format, Output& out) {
  switch (format) {
    case Format::kText004: WriteTextFamilies(families, out); break;
    case Format::kOpenMetrics100: WriteOpenMetricsFamilies(families, out); break;
    case Format::kProtobuf: WriteProtobufFamilies(families, out); break;
  }
}

void WriteEnd(Format format, Output& out) {
  if (format == Format::kOpenMetrics100) out.Append(kOpenMetricsEnd);
}

void Write(const PagePlan& plan, Format format, ByteSink& sink) {
  Output out(&sink);
  WriteFamilies(plan.families, format, out);
  WriteEnd(format, out);
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

std::shared_ptr<const GzipPiece> PieceOf(const SteadyRun& run, const PagePlan& plan, Format format,
                                         const RunPieces& last) {
  const auto known = std::find_if(last.begin(), last.end(),
                                  [&](const RunPiece& piece) { return piece.run == run; });
  if (known != last.end()) return known->piece;
  GzipPieceSink sink;
  Output out(&sink);
  WriteFamilies(std::span(plan.families).subspan(run.first, run.count), format, out);
  out.Flush();
  return std::make_shared<const GzipPiece>(sink.Finish());
}

std::vector<std::string> GzipInPieces(const PagePlan& plan, Format format, const RunPieces& last,
                                      RunPieces& pieces) {
  GzipSink sink;
  Output out(&sink);
  const std::span families(plan.families);
  size_t at = 0;
  for (const SteadyRun& run : plan.steady) {
    WriteFamilies(families.subspan(at, run.first - at), format, out);
    out.Flush();
    pieces.push_back({run, PieceOf(run, plan, format, last)});
    sink.Append(*pieces.back().piece);
    at = run.first + run.count;
  }
  WriteFamilies(families.subspan(at), format, out);
  WriteEnd(format, out);
  out.Flush();
  return sink.Finish();
}

}  // namespace

Rendered Render(const PagePlan& plan, Format format, Encoding encoding, const BodyPtr& plain,
                const RunPieces& last) {
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
      body->chunks = plan.steady.empty() ? Compress(plan, format, plain, GzipSink())
                                         : GzipInPieces(plan, format, last, rendered.pieces);
      break;
    case Encoding::kZstd: body->chunks = Compress(plan, format, plain, ZstdSink()); break;
  }
  for (const std::string& chunk : body->chunks) body->size += chunk.size();
  rendered.body = std::move(body);
  return rendered;
}

}  // namespace pillion
