#include "http/scrape_plane.hpp"

#include "config/listen_address.hpp"
#include "http/descriptor_limit.hpp"
#include "http/listen_socket.hpp"
#include "http/scrape_loop.hpp"

#include <pthread.h>

#include <mutex>
#include <system_error>
#include <thread>
#include <utility>

namespace pillion {
namespace {

Result<std::vector<ListenSocket>> OpenAll(const std::vector<std::string>& addresses) {
  std::vector<ListenSocket> sockets;
  for (const std::string& text : addresses) {
    auto address = ParseListenAddress(text);
    if (!address) return address.error();
    auto socket = ListenSocket::Open(*address);
    if (!socket) return socket.error();
    sockets.push_back(std::move(*socket));
  }
  return sockets;
}

std::vector<std::string> Names(const std::vector<ListenSocket>& sockets) {
  std::vector<std::string> names;
  for (const ListenSocket& socket : sockets) names.push_back(ToString(socket.address()));
  return names;
}

}  // namespace

struct ScrapePlane::Impl {
  ScrapePlaneConfig config;
  ScrapeHandler* handler;

  std::mutex life;  // one Start or Stop at a time
  std::thread thread;

  // Held for moments only: Stats must not wait for a Stop that waits for an answer.
  mutable std::mutex mutex;
  std::vector<std::string> addresses;
  std::vector<std::string> health_addresses;
  std::unique_ptr<ScrapeLoop> loop;  // stays after Stop, for Stats
};

ScrapePlane::ScrapePlane(ScrapePlaneConfig config, ScrapeHandler* handler)
    : impl_(std::make_unique<Impl>()) {
  impl_->config = std::move(config);
  impl_->handler = handler;
  const uint32_t derived = ConnectionsFor(RaiseDescriptorLimit());
  if (impl_->config.limits.connections_max == 0) impl_->config.limits.connections_max = derived;
}

ScrapePlane::~ScrapePlane() { Stop(); }

Result<void> ScrapePlane::Start() {
  const std::lock_guard life(impl_->life);
  if (impl_->loop) return {Reason::kInternal, "the scrape plane was started before"};
  auto listeners = OpenAll(impl_->config.listen);
  if (!listeners) return listeners.error();
  auto health_listeners = OpenAll(impl_->config.health_listen);
  if (!health_listeners) return health_listeners.error();
  const std::lock_guard lock(impl_->mutex);
  impl_->addresses = Names(*listeners);
  impl_->health_addresses = Names(*health_listeners);
  try {
    auto loop = std::make_unique<ScrapeLoop>(impl_->config, impl_->handler, std::move(*listeners),
                                             std::move(*health_listeners));
    impl_->thread = std::thread([running = loop.get()] { running->Run(); });
    pthread_setname_np(impl_->thread.native_handle(), "pillion-http");
    impl_->loop = std::move(loop);
  } catch (const std::system_error& error) {
    impl_->addresses.clear();
    impl_->health_addresses.clear();
    return {Reason::kInternal, std::string("start the HTTP thread: ") + error.what()};
  }
  return {};
}

std::vector<std::string> ScrapePlane::Addresses() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->addresses;
}

std::vector<std::string> ScrapePlane::HealthAddresses() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->health_addresses;
}

void ScrapePlane::Stop() {
  const std::lock_guard life(impl_->life);
  if (!impl_->thread.joinable()) return;
  impl_->loop->RequestStop();
  impl_->thread.join();
}

ScrapePlaneStats ScrapePlane::Stats() const {
  const std::lock_guard lock(impl_->mutex);
  return impl_->loop ? impl_->loop->Stats() : ScrapePlaneStats{};
}

}  // namespace pillion
