// SPDX-License-Identifier: Apache-2.0
#include "sim/waves/wave_samples.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <functional>
#include <new>
#include <unordered_map>
#include <utility>

#include "sw_model/error.hpp"

namespace weft {
namespace {

constexpr int kPatienceMs = 120'000;             // without a byte from the child
constexpr size_t kBufferBytes = 1 << 16;         // of the pipe's ends
constexpr rlim_t kChildBytes = rlim_t{8} << 30;  // a damaged length must not take all memory
enum Message : uint8_t { kHeader, kVariable, kSample, kEdges, kDone, kFailed };

// The child's end of the pipe.
class PipeWriter {
 public:
  explicit PipeWriter(int fd) : fd_(fd) {}
  void Put(const void* data, size_t size) {
    buffer_.append(static_cast<const char*>(data), size);
    if (buffer_.size() >= kBufferBytes) Flush();
  }
  template <typename T>
  void Put(const T& value) {
    Put(&value, sizeof value);
  }
  void Put(const std::string& text) {
    Put(uint32_t(text.size()));
    Put(text.data(), text.size());
  }
  void Flush() {
    for (size_t sent = 0; sent < buffer_.size();) {
      const ssize_t n = write(fd_, &buffer_[sent], buffer_.size() - sent);
      if (n < 0 && errno != EINTR) _exit(1);
      sent += n > 0 ? size_t(n) : 0;
    }
    buffer_.clear();
  }

 private:
  int fd_;
  std::string buffer_;
};

// Turns changes into samples. All changes of one time belong together.
class Sampler {
 public:
  Sampler(const SamplePlan& plan, std::string file, PipeWriter* out)
      : file_(std::move(file)), out_(out), counts_cycles_(plan.cycle.bits == 0) {
    signals_ = plan.signals.size();
    for (const WaveVariable& v : plan.signals) Add(v);
    clock_ = Add(plan.clock);
    for (const WaveVariable& v : plan.enables) enables_.push_back(Add(v));
    if (!counts_cycles_) cycle_ = Add(plan.cycle);
  }

  std::vector<uint32_t> Handles() const {
    std::vector<uint32_t> handles;
    for (const auto& [handle, slots] : slots_) handles.push_back(handle);
    return handles;
  }

  void Change(uint64_t time, uint32_t handle, std::string_view value) {
    if (time != time_) Settle();
    time_ = time;
    for (const size_t slot : slots_.at(handle)) {
      pending_.emplace_back(slot, pending_values_.size());
      pending_values_ += value;
    }
  }

  // Ends the changes of one time.
  void Settle() {
    bool rises = false;
    for (const auto& [slot, at] : pending_)
      if (slot == clock_) rises = values_[clock_] == "0" && pending_values_[at] == '1';
    if (rises) Edge();
    for (const auto& [slot, at] : pending_) {
      values_[slot].assign(pending_values_, at, values_[slot].size());
      if (slot >= signals_ || dirty_[slot]) continue;
      dirty_[slot] = true;
      dirty_slots_.push_back(uint32_t(slot));
    }
    pending_.clear();
    pending_values_.clear();
  }

  [[nodiscard]] const WaveEdges& edges() const { return edges_; }

 private:
  size_t Add(const WaveVariable& v) {
    slots_[v.handle].push_back(values_.size());
    values_.emplace_back(size_t(v.bits), 'x');
    dirty_.push_back(false);
    return values_.size() - 1;
  }

  void Edge() {
    if (edges_.count++ == 0) edges_.first = time_;
    edges_.last = time_;
    const auto is = [&](const char* value) {
      return [this, value](size_t slot) { return values_[slot] == value; };
    };
    if (!std::all_of(enables_.begin(), enables_.end(), is("1"))) {
      edges_.unknown += std::none_of(enables_.begin(), enables_.end(), is("0")) ? 1 : 0;
      return;
    }
    const int64_t before = std::exchange(last_cycle_, counts_cycles_ ? edges_.count - 1 : CycleNumber());
    if (last_cycle_ < before)
      throw Error("{}: its signal cycle goes back from {} to {}", file_, before, last_cycle_);
    out_->Put(kSample);
    out_->Put(last_cycle_);
    out_->Put(time_);
    out_->Put(uint32_t(dirty_slots_.size()));
    for (const uint32_t slot : dirty_slots_) {
      out_->Put(slot);
      out_->Put(values_[slot].data(), values_[slot].size());
      dirty_[slot] = false;
    }
    dirty_slots_.clear();
  }

  [[nodiscard]] int64_t CycleNumber() const {
    int64_t cycle = 0;
    for (const char c : values_[cycle_]) {
      if (c != '0' && c != '1')
        throw Error("{}: its signal cycle is unknown at edge {} of the clock", file_, edges_.count - 1);
      cycle = cycle << 1 | (c - '0');
    }
    return cycle;
  }

  std::string file_;
  PipeWriter* out_;
  bool counts_cycles_;
  size_t signals_ = 0, clock_ = 0, cycle_ = 0;
  std::vector<size_t> enables_;
  std::unordered_map<uint32_t, std::vector<size_t>> slots_;  // of a handle, into values_
  std::vector<std::string> values_;                          // before time_
  std::vector<bool> dirty_;
  std::vector<uint32_t> dirty_slots_;
  std::vector<std::pair<size_t, size_t>> pending_;  // slot, and where in pending_values_ its new value begins
  std::string pending_values_;
  uint64_t time_ = 0;
  WaveEdges edges_;
  int64_t last_cycle_ = 0;
};

void LimitChild() {
  const rlimit no_core{0, 0};
  setrlimit(RLIMIT_CORE, &no_core);
#ifndef __SANITIZE_ADDRESS__
  const rlimit memory{kChildBytes, kChildBytes};
  setrlimit(RLIMIT_DATA, &memory);
#endif
  // The library's own messages are not for the user.
  const int null = open("/dev/null", O_WRONLY | O_CLOEXEC);
  if (null >= 0) dup2(null, STDERR_FILENO);
  for (const int signal : {SIGSEGV, SIGBUS, SIGABRT, SIGFPE, SIGPIPE}) std::signal(signal, SIG_DFL);
}

}  // namespace

// A process that does `work`; what it writes is read here.
class WaveSamples::Child {
 public:
  Child(std::filesystem::path path, const std::function<void(PipeWriter*)>& work) : path_(std::move(path)) {
    std::array<int, 2> ends{};
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw Error("no pipe: {}", std::strerror(errno));
    pid_ = fork();
    if (pid_ < 0) {
      close(ends[0]);
      close(ends[1]);
      throw Error("no process: {}", std::strerror(errno));
    }
    if (pid_ == 0) Work(ends[1], work);
    close(ends[1]);
    fd_ = ends[0];
  }
  ~Child() {
    close(fd_);
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  template <typename T>
  T Get() {
    T value;
    Get(&value, sizeof value);
    return value;
  }
  std::string GetText() {
    std::string text(Get<uint32_t>(), '\0');
    Get(text.data(), text.size());
    return text;
  }
  void Get(void* data, size_t size) {
    auto* to = static_cast<char*>(data);
    while (size > 0) {
      if (at_ == end_) Fill();
      const size_t n = std::min(size, end_ - at_);
      std::memcpy(to, &buffer_[at_], n);
      at_ += n;
      to += n;
      size -= n;
    }
  }
  // What comes next. The child's Errors are thrown here.
  Message GetMessage() {
    const auto message = Get<Message>();
    if (message == kFailed) throw Error("{}", GetText());
    return message;
  }

 private:
  [[noreturn]] static void Work(int fd, const std::function<void(PipeWriter*)>& work) {
    LimitChild();
    PipeWriter out(fd);
    const auto fail = [&](const std::string& sentence) {
      out.Put(kFailed);
      out.Put(sentence);
    };
    try {
      work(&out);
      out.Put(kDone);
    } catch (const std::bad_alloc&) {
      fail("this does not fit in memory");
    } catch (const std::exception& error) {
      fail(error.what());
    }
    out.Flush();
    _exit(0);
  }

  void Fill() {
    pollfd waiting{fd_, POLLIN, 0};
    int ready = 0;
    do ready = poll(&waiting, 1, kPatienceMs);
    while (ready < 0 && errno == EINTR);
    if (ready == 0) throw Error("{}: damaged: reading it does not come to an end", path_.string());
    ssize_t n = 0;
    do n = read(fd_, buffer_.data(), buffer_.size());
    while (n < 0 && errno == EINTR);
    if (n <= 0)
      throw Error("{}: damaged: it cannot be read as an FST file",
                  path_.string());  // VCD Errors come as text
    at_ = 0;
    end_ = size_t(n);
  }

  std::filesystem::path path_;
  pid_t pid_ = -1;
  int fd_ = -1;
  std::vector<char> buffer_ = std::vector<char>(kBufferBytes);
  size_t at_ = 0, end_ = 0;
};

WaveHeader ReadWaveHeader(const std::filesystem::path& path) {
  WaveSamples::Child child(path, [&](PipeWriter* out) {
    const std::unique_ptr<WaveReader> reader = OpenWaves(path);
    out->Put(kHeader);
    out->Put(reader->Header().timescale);
    out->Put(reader->Header().left_out);
    for (const WaveVariable& v : reader->Header().variables) {
      out->Put(kVariable);
      out->Put(v.name);
      out->Put(v.bits);
      out->Put(v.handle);
    }
  });
  WaveHeader header;
  for (Message message = child.GetMessage(); message != kDone; message = child.GetMessage()) {
    if (message == kHeader) {
      header.timescale = child.Get<int>();
      header.left_out = child.Get<uint32_t>();
      continue;
    }
    const std::string name = child.GetText();
    const int bits = child.Get<int>();
    header.variables.push_back({name, bits, child.Get<uint32_t>()});
  }
  return header;
}

WaveSamples::WaveSamples(const std::filesystem::path& path, const SamplePlan& plan) {
  for (const WaveVariable& v : plan.signals) values_.emplace_back(size_t(v.bits), 'x');
  child_ = std::make_unique<Child>(path, [&](PipeWriter* out) {
    const std::unique_ptr<WaveReader> reader = OpenWaves(path);
    Sampler sampler(plan, path.string(), out);
    reader->ReadChanges(sampler.Handles(), [&](uint64_t time, uint32_t handle, std::string_view value) {
      sampler.Change(time, handle, value);
      return true;
    });
    sampler.Settle();
    out->Put(kEdges);
    out->Put(sampler.edges());
  });
}

WaveSamples::~WaveSamples() = default;

bool WaveSamples::Next() {
  if (!child_) return false;
  if (child_->GetMessage() == kEdges) {  // the last one but kDone
    edges_ = child_->Get<WaveEdges>();
    child_.reset();
    return false;
  }
  cycle_ = child_->Get<int64_t>();
  time_ = child_->Get<uint64_t>();
  changed_.resize(child_->Get<uint32_t>());
  for (uint32_t& slot : changed_) {
    slot = child_->Get<uint32_t>();
    child_->Get(values_[slot].data(), values_[slot].size());
  }
  return true;
}

}  // namespace weft
