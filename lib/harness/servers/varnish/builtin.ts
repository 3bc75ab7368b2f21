/**
 * What Varnish does where a configuration has not returned (manual, "Built-in VCL"), as far as requests and answers show it.
 *
 * Rules of this file: subroutines have the names of the real ones, since a configuration may add to each of them.
 */

export const builtin = `
sub vcl_recv { call vcl_builtin_recv; return (hash); }
sub vcl_builtin_recv {
  call vcl_req_host;
  call vcl_req_method;
  call vcl_req_authorization;
  call vcl_req_cookie;
}
sub vcl_req_host {
  if (req.http.host ~ "[A-Z]") { set req.http.host = req.http.host.lower(); }
  if (req.proto == "HTTP/1.1" && req.esi_level == 0 && !req.http.host) { return (synth(400)); }
}
sub vcl_req_method {
  if (req.method == "PRI") { return (synth(405)); }
  if (req.method !~ "^(GET|HEAD|PUT|POST|TRACE|OPTIONS|DELETE|PATCH)\\z") { return (pipe); }
  if (req.method !~ "^(GET|HEAD)\\z") { return (pass); }
}
sub vcl_req_authorization { if (req.http.Authorization) { return (pass); } }
sub vcl_req_cookie { if (req.http.Cookie) { return (pass); } }
sub vcl_pipe { call vcl_builtin_pipe; return (pipe); }
sub vcl_builtin_pipe { }
sub vcl_pass { call vcl_builtin_pass; return (fetch); }
sub vcl_builtin_pass { }
sub vcl_hash { call vcl_builtin_hash; return (lookup); }
sub vcl_builtin_hash { }
sub vcl_miss { call vcl_builtin_miss; return (fetch); }
sub vcl_builtin_miss { }
sub vcl_purge { call vcl_builtin_purge; return (synth(200, "Purged")); }
sub vcl_builtin_purge { }
sub vcl_deliver { call vcl_builtin_deliver; return (deliver); }
sub vcl_builtin_deliver { }
sub vcl_synth { call vcl_builtin_synth; return (deliver); }
sub vcl_builtin_synth { }
sub vcl_backend_fetch { call vcl_builtin_backend_fetch; return (fetch); }
sub vcl_builtin_backend_fetch { if (bereq.method == "GET") { unset bereq.body; } }
sub vcl_backend_response { call vcl_builtin_backend_response; return (deliver); }
sub vcl_builtin_backend_response { }
`;
