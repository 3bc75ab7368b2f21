/**
 * Which directives of nginx the model knows, and which have nothing to do with what becomes of a request.
 *
 * Rules of this file: a directive that is in neither list is refused.
 */

/** Of each setting the first parameter that may hold variables; -1 where none may. */
export const settings: ReadonlyMap<string, number> = new Map([
  ...names('root alias index try_files error_page', 0),
  ...names('internal merge_slashes underscores_in_headers ignore_invalid_headers client_max_body_size', -1),
  ...names('absolute_redirect port_in_redirect server_name_in_redirect server_tokens', -1),
  ...names('recursive_error_pages resolver allow deny', -1),
  ...names('add_header', 1),
  ...names('proxy_pass proxy_method proxy_set_body', 0),
  ...names('proxy_set_header', 1),
  ...names('proxy_redirect proxy_cookie_path proxy_cookie_domain', 0),
  ...names('proxy_http_version', -1),
  ...names('fastcgi_index fastcgi_split_path_info fastcgi_keep_conn uwsgi_modifier1 uwsgi_modifier2', -1),
  ...['proxy', 'fastcgi', 'scgi', 'uwsgi'].flatMap((protocol) => [
    ...names(`${protocol}_pass_request_headers ${protocol}_pass_request_body`, -1),
    ...names(`${protocol}_hide_header ${protocol}_pass_header ${protocol}_ignore_headers`, -1),
  ]),
  ...['fastcgi', 'scgi', 'uwsgi'].flatMap((protocol) => [
    ...names(`${protocol}_pass`, 0),
    ...names(`${protocol}_param`, 1),
  ]),
]);

function names(list: string, first: number): readonly (readonly [string, number])[] {
  return list.split(' ').map((name) => [name, first] as const);
}

const ignored = new Set(
  `user daemon master_process pid lock_file error_log access_log log_format load_module env pcre_jit thread_pool
  ssl_engine timer_resolution events stream mail debug_points working_directory google_perftools_profiles
  sendfile sendfile_max_chunk tcp_nopush tcp_nodelay send_timeout send_lowat postpone_output output_buffers
  reset_timedout_connection lingering_close lingering_time lingering_timeout large_client_header_buffers
  connection_pool_size request_pool_size types default_type charset source_charset override_charset charset_types
  types_hash_max_size types_hash_bucket_size server_names_hash_max_size server_names_hash_bucket_size
  variables_hash_max_size variables_hash_bucket_size map_hash_max_size map_hash_bucket_size
  proxy_headers_hash_max_size proxy_headers_hash_bucket_size etag if_modified_since max_ranges
  chunked_transfer_encoding msie_padding msie_refresh read_ahead directio directio_alignment aio aio_write
  disable_symlinks resolver_timeout rewrite_log uninitialized_variable_warn subrequest_output_buffer_size
  limit_rate limit_rate_after log_not_found log_subrequest early_hints`.split(/\s+/),
);

const ignoredKinds = [
  /^(?:worker|gzip|ssl|open_file_cache|open_log_file_cache|keepalive|client_body|client_header|http2)_/,
  /^(?:gzip|gunzip|http2|open_file_cache|open_log_file_cache)$/,
  /^(?:proxy|uwsgi)_ssl_/,
  /^(?:proxy|fastcgi|scgi|uwsgi)_(?:(?:connect|send|read)_timeout|buffers|buffer_size|buffering|busy_buffers_size)$/,
  /^(?:proxy|fastcgi|scgi|uwsgi)_(?:request_buffering|temp_path|temp_file_write_size|max_temp_file_size)$/,
  /^(?:proxy|fastcgi|scgi|uwsgi)_(?:next_upstream(?:_\w+)?|ignore_client_abort|socket_keepalive|bind)$/,
  /^(?:proxy|fastcgi|scgi|uwsgi)_(?:limit_rate|force_ranges|send_lowat|catch_stderr)$/,
];

/** Off is what the model takes them to be. */
const offOnly =
  /^(?:(?:proxy|fastcgi|scgi|uwsgi)_(?:cache|store|intercept_errors)|auth_basic|auth_request|autoindex|ssi|expires)$/;

/** Whether a directive changes nothing of a request's way. */
export function isIgnored(name: string, parameters: readonly string[]): boolean {
  if (ignored.has(name) || ignoredKinds.some((kind) => kind.test(name))) return true;
  return offOnly.test(name) && parameters.length === 1 && parameters[0] === 'off';
}
