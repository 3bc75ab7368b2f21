/**
 * The files that Debian's package puts beside nginx.conf (nginx 1.22, with `HTTP_HOST $host`), as far as requests depend on them.
 *
 * Rules of this file: data; names are relative to /etc/nginx.
 */

/** What FastCGI, SCGI and uwsgi parameters have in common: name and value, by their place in the file. */
function parameters(directive: string, pairs: readonly string[]): string {
  return pairs.map((pair) => `${directive} ${pair};\n`).join('');
}

const query = 'QUERY_STRING $query_string';
const method = 'REQUEST_METHOD $request_method';
const type = 'CONTENT_TYPE $content_type';
const length = 'CONTENT_LENGTH $content_length';
const uri = 'REQUEST_URI $request_uri';
const documentUri = 'DOCUMENT_URI $document_uri';
const root = 'DOCUMENT_ROOT $document_root';
const protocol = ['SERVER_PROTOCOL $server_protocol', 'REQUEST_SCHEME $scheme', 'HTTPS $https if_not_empty'];
const client = ['REMOTE_ADDR $remote_addr', 'REMOTE_PORT $remote_port'];
const server = ['SERVER_PORT $server_port', 'SERVER_NAME $server_name'];
const host = 'HTTP_HOST $host';

const fastcgi = [
  ...[query, method, type, length, 'SCRIPT_NAME $fastcgi_script_name', uri, documentUri, root, ...protocol],
  ...['GATEWAY_INTERFACE CGI/1.1', 'SERVER_SOFTWARE nginx/$nginx_version'],
  ...[...client, 'REMOTE_USER $remote_user', 'SERVER_ADDR $server_addr', ...server],
  ...['REDIRECT_STATUS 200', host],
];

const fastcgiParams = parameters('fastcgi_param', fastcgi);

export const packaged: Readonly<Record<string, string>> = {
  fastcgi_params: fastcgiParams,
  'fastcgi.conf': `fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;\n${parameters(
    'fastcgi_param',
    fastcgi.filter((pair) => pair !== host),
  )}`,
  scgi_params: parameters('scgi_param', [
    ...[method, uri, query, type, documentUri, root, 'SCGI 1', ...protocol, ...client, ...server, host],
  ]),
  uwsgi_params: parameters('uwsgi_param', [
    ...[query, method, type, length, uri, 'PATH_INFO $document_uri', root, ...protocol],
    ...[...client, ...server, host],
  ]),
  proxy_params: parameters('proxy_set_header', [
    ...['Host $host', 'X-Real-IP $remote_addr', 'X-Forwarded-For $proxy_add_x_forwarded_for'],
    'X-Forwarded-Proto $scheme',
  ]),
  'snippets/fastcgi-php.conf': `fastcgi_split_path_info ^(.+?\\.php)(/.*)$;
try_files $fastcgi_script_name =404;
set $path_info $fastcgi_path_info;
fastcgi_param PATH_INFO $path_info;
fastcgi_index index.php;
include fastcgi.conf;
`,
  'mime.types': '',
};
