-- What wrk asks of a server, and what it says of the run: one line of JSON.
wrk.method = "POST"
wrk.body = '{"inputs": {}, "parameters": {}}'
wrk.headers["Content-Type"] = "application/json"

function done(summary)
  local errors = summary.errors
  local failed = errors.connect + errors.read + errors.write + errors.status + errors.timeout
  io.write(string.format('{"requests": %d, "duration_us": %d, "failed": %d}\n', summary.requests, summary.duration, failed))
end
