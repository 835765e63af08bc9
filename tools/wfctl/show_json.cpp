#include "waveforge/base/json_writer.hpp"
#include "waveforge/base/rfc3339.hpp"
#include "waveforge/session/placement.hpp"
#include "wfctl/report.hpp"
#include "wfctl/show.hpp"

namespace wf::ctl {

namespace {

template <typename Number>
void put(json_writer& json, std::string_view name, const std::optional<Number>& value) {
  json.key(name);
  if (value) {
    json.value(*value);
  } else {
    json.null();
  }
}

void put_time(json_writer& json, std::string_view name, utc_time at) {
  json.key(name);
  if (at == utc_time{}) {
    json.null();
  } else {
    json.value(to_rfc3339(at));
  }
}

void put_chunk(json_writer& json, std::uint32_t index, const session::chunk& one) {
  constexpr std::array homes{"none", "segment", "own_file", "recording"};
  json.begin_object().key("index").value(index);
  put(json, "length", one.length_bytes);
  json.key("offset").value(one.promised_bytes).key("vouched").value(one.vouched_bytes);
  json.key("complete").value(one.complete());
  json.key("extent").begin_object().key("in").value(homes[static_cast<std::size_t>(one.where.where)]);
  if (one.where.where == session::home::own_file) {
    json.key("file").value(session::chunk_file_path(index, one.where.generation));
  }
  json.key("offset").value(one.where.offset_bytes).end_object();
  put_time(json, "created_at", one.created_at);
  put_time(json, "last_byte_at", one.touched_at);
  json.key("metadata").value(one.metadata).end_object();
}

}  // namespace

std::string sight_json(const session_sight& what) {
  const session::recording& value = what.facts.value;
  std::string out;
  json_writer json{out};
  json.begin_object().key("session_id").value(value.id.text());
  json.key("upload").value(value.id.space() == session::id_space::upload);
  json.key("state").value(session::name_of(value.now)).key("failure").value(value.failure);
  json.key("recording_name").value(value.name).key("format").value(value.format);
  put(json, "duration_ms", value.duration_ms);
  put_time(json, "created_at", value.created_at);
  put_time(json, "ended_at", value.ended_at);
  put_time(json, "updated_at", value.updated_at());
  put(json, "total_chunks", value.total);
  put(json, "chunk_size", value.chunk_size_bytes);
  put(json, "stride", value.layout.stride_bytes);
  json.key("irregular").value(value.layout.irregular);
  json.key("uploaded_chunks").value(value.chunks.complete_count());
  json.key("bytes_received").value(value.chunks.promised_bytes());
  json.key("directory").value(what.directory).key("recording");
  if (value.now == session::state::assembled) {
    json.begin_object().key("file").value(value.file_name).key("size").value(value.size_bytes).end_object();
  } else {
    json.null();
  }
  json.key("chunks").begin_array();
  for (const auto& [index, one] : value.chunks.all()) put_chunk(json, index, one);
  json.end_array().key("findings").begin_array();
  for (const finding& one : what.findings) put_finding(json, one);
  json.end_array().key("facts").begin_array();
  std::string_view rest = what.rows_as_text;
  while (!rest.empty()) {
    const std::size_t end = rest.find('\n');
    json.value(rest.substr(0, end));
    rest.remove_prefix(end + 1);
  }
  json.end_array().end_object();
  return out + "\n";
}

}  // namespace wf::ctl
