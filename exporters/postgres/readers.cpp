#include "readers.hpp"

namespace pillion::postgres {

Reader& Readers::Start(const Query& query) {
  auto& reader = readers_[query.collector];
  if (!reader) {
    switch (kTraits[query.collector].shape) {
      case RowsShape::kFamilies: reader = std::make_unique<RowReader>(query, shape_); break;
      case RowsShape::kSettings: reader = std::make_unique<SettingsReader>(shape_); break;
      case RowsShape::kTop: reader = std::make_unique<TopReader>(query, shape_, statements_); break;
    }
  }
  reader->Start();
  return *reader;
}

bool Readers::WasSmall(CollectorId collector) const {
  const auto& reader = readers_[collector];
  return reader && reader->rows() <= kSmallRowsMax;
}

void Readers::Forget() {
  for (auto& reader : readers_) reader.reset();
}

}  // namespace pillion::postgres
