// The collector of CLIENT LIST: clients summed by what they have in common, or one by one.
#include "client_groups.hpp"
#include "clients.hpp"
#include "collect.hpp"
#include "tables.hpp"

#include <array>
#include <charconv>
#include <cmath>
#include <optional>
#include <string_view>

namespace pillion::redis {
namespace {

struct NumberDesc {
  MetricId metric;
  ClientNumber field;
};
constexpr NumberDesc kNumbers[] = {
    {kClientOutputMemory, ClientNumber::kOmem},  {kClientTotalMemory, ClientNumber::kTotMem},
    {kClientSubscriptions, ClientNumber::kSub},  {kClientPatterns, ClientNumber::kPsub},
    {kClientQueryBuffer, ClientNumber::kQbuf},   {kClientQueryFree, ClientNumber::kQbufFree},
    {kClientOutputBuffer, ClientNumber::kObl},   {kClientOutputList, ClientNumber::kOll},
    {kClientShardChannels, ClientNumber::kSsub}, {kClientWatchedKeys, ClientNumber::kWatch},
};

// Label names and values of one sample, put together.
class OpenLabels {
 public:
  void Add(std::string_view name, std::string_view value) {
    names_[count_] = name;
    values_[count_++] = value;
  }
  void AddIfAny(std::string_view name, std::string_view value) {
    if (!value.empty()) Add(name, value);
  }
  Labels Make(Sink& sink) const {
    return sink.MakeLabels(std::span<const std::string_view>(names_.data(), count_),
                           std::span<const std::string_view>(values_.data(), count_));
  }

 private:
  static constexpr size_t kMax = 12;
  std::array<std::string_view, kMax> names_;
  std::array<std::string_view, kMax> values_;
  size_t count_ = 0;
};

struct Times {
  double created;
  double idle_since;
};
Times TimesOf(const Client& client, double now) {
  return {now - client.Number(ClientNumber::kAge).value_or(0),
          now - client.Number(ClientNumber::kIdle).value_or(0)};
}

// A whole number as a label's value.
class WholeText {
 public:
  explicit WholeText(double value)
      : end_(std::to_chars(text_.data(), text_.data() + text_.size(), std::llround(value)).ptr) {}
  std::string_view view() const { return {text_.data(), static_cast<size_t>(end_ - text_.data())}; }

 private:
  std::array<char, 24> text_{};
  const char* end_;
};

void AddDetails(const Settings& settings, const Client& client, double now, Sink& sink) {
  const Times times = TimesOf(client, now);
  const WholeText created(times.created), idle_since(times.idle_since);
  const WholeText output(client.Number(ClientNumber::kOmem).value_or(0));
  OpenLabels labels;
  labels.Add("name", client.Text(ClientText::kName));
  labels.Add("created_at", created.view());
  labels.Add("idle_since", idle_since.view());
  labels.Add("flags", client.Text(ClientText::kFlags));
  labels.Add("db", client.Text(ClientText::kDb));
  labels.Add("omem", output.view());
  labels.Add("cmd", client.Text(ClientText::kCmd));
  labels.Add("host", client.Text(ClientText::kHost));
  if (settings.client_port) labels.Add("port", client.Text(ClientText::kPort));
  sink.Add(FamilyOf(kClientDetails), labels.Make(sink), 1);
}

void AddClient(const Settings& settings, const Client& client, double now, Sink& sink) {
  if (settings.client_details) AddDetails(settings, client, now, sink);
  OpenLabels info;
  info.Add("id", client.Text(ClientText::kId));
  info.Add("name", client.Text(ClientText::kName));
  info.Add("flags", client.Text(ClientText::kFlags));
  info.Add("db", client.Text(ClientText::kDb));
  info.Add("host", client.Text(ClientText::kHost));
  if (settings.client_port) info.Add("port", client.Text(ClientText::kPort));
  info.AddIfAny("user", client.Text(ClientText::kUser));
  info.AddIfAny("resp", client.Text(ClientText::kResp));
  sink.Add(FamilyOf(kClientInfo), info.Make(sink), 1);
  const Labels labels = sink.MakeLabels(
      FamilyOf(kClientCreated), {client.Text(ClientText::kId), client.Text(ClientText::kName)});
  const Times times = TimesOf(client, now);
  sink.Add(FamilyOf(kClientCreated), labels, times.created);
  sink.Add(FamilyOf(kClientIdleSince), labels, times.idle_since);
  for (const NumberDesc& number : kNumbers) {
    if (const auto value = client.Number(number.field)) {
      sink.Add(FamilyOf(number.metric), labels, *value);
    }
  }
}

void AddGroups(const Settings& settings, ClientGroups& groups, Sink& sink) {
  sink.Add(FamilyOf(kClientGroups), static_cast<double>(groups.count()));
  for (const ClientGroups::Group& group : groups.Largest(settings.client_groups_max)) {
    OpenLabels open;
    for (size_t i = 0; i < settings.client_groups_by.size(); ++i) {
      open.Add(LabelOf(settings.client_groups_by[i]), group.key[i]);
    }
    const Labels labels = open.Make(sink);
    sink.Add(FamilyOf(kClientGroupConnections), labels, group.connections);
    sink.Add(FamilyOf(kClientGroupBlocked), labels, group.blocked);
    sink.Add(FamilyOf(kClientGroupIdleMax), labels, group.idle_max);
    sink.Add(FamilyOf(kClientGroupMemory), labels, group.memory);
    sink.Add(FamilyOf(kClientGroupQueryBuffer), labels, group.query_buffer);
    sink.Add(FamilyOf(kClientGroupOutputBuffer), labels, group.output_buffer);
    sink.Add(FamilyOf(kClientGroupOutputBufferMax), labels, group.output_buffer_max);
    sink.Add(FamilyOf(kClientGroupSubscriptions), labels, group.subscriptions);
  }
}

}  // namespace

Result<void> CollectClients(const Reading& reading, Sink& sink) {
  if (auto state = reading.InfoState(); !state) return state;
  const Settings& settings = reading.settings;
  if (!reading.server.ClientListFits(settings.reply_bytes_max)) {
    return Error{Reason::kLimit,
                 "CLIENT LIST: too many clients for `reply_bytes_max`; raise it, or switch the "
                 "collector off"};
  }
  const auto list = reading.answers.Get(Ask::kClientList);
  if (!list) return list.error();
  AddClientList(settings, TextOf(*list), std::floor(reading.now), sink);
  return {};
}

void AddClientList(const Settings& settings, std::string_view list, double now, Sink& sink) {
  ClientGroups groups(settings.client_groups_by);
  size_t clients = 0;
  for (ClientCursor at(list); const Client* client = at.Next();) {
    groups.Add(*client);
    if (settings.client_series != ClientSeries::kEach) continue;
    if (clients++ < settings.clients_max) AddClient(settings, *client, now, sink);
  }
  AddGroups(settings, groups, sink);
  if (settings.client_series == ClientSeries::kEach) {
    sink.Add(FamilyOf(kClientsLeftOut), clients > settings.clients_max
                                            ? static_cast<double>(clients - settings.clients_max)
                                            : 0);
  }
}

}  // namespace pillion::redis
