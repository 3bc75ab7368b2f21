/** CGI, as a web server has it: a process a request, its environment and input, its output, its exit code. */

import { once } from 'node:events';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { expect } from 'chai';
import { spawnCgi } from '../conformance/drivers.js';
import { until } from '../support/front-end.js';

const script = join('build', 'test', 'gateway', 'cgi-script.js');

interface Asked {
  readonly does?: string;
  readonly options?: object;
  readonly variables?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** The input stays open behind the body. */
  readonly keepsOpen?: boolean;
}

interface Result {
  readonly output: string;
  readonly errors: string;
  readonly exit: readonly [code: number | null, signal: string | null];
}

function start({ does = 'show', options = {}, variables = {}, body = '', keepsOpen = false }: Asked) {
  const given = {
    ...{ GATEWAY_INTERFACE: 'CGI/1.1', REQUEST_METHOD: 'GET', SCRIPT_NAME: '/cgi-bin/app', PATH_INFO: '/x' },
    ...{
      REQUEST_URI: '/cgi-bin/app/x',
      QUERY_STRING: '',
      SERVER_PROTOCOL: 'HTTP/1.1',
      REMOTE_ADDR: '192.0.2.1',
    },
    ...variables,
  };
  const child = spawnCgi(script, [does, JSON.stringify(options)], Object.entries(given));
  child.stdin.on('error', () => undefined);
  if (keepsOpen) child.stdin.write(body);
  else child.stdin.end(body);
  const heard = { output: '', errors: '' };
  child.stdout.setEncoding('latin1').on('data', (text: string) => {
    heard.output += text;
  });
  child.stderr.setEncoding('latin1').on('data', (text: string) => {
    heard.errors += text;
  });
  return { child, heard };
}

async function ask(asked: Asked): Promise<Result> {
  const { child, heard } = start(asked);
  const [code, signal] = await once(child, 'close');
  return { ...heard, exit: [code, signal] };
}

/** What the application shows, which is UTF-8. */
function shown({ output }: Result): Record<string, unknown> {
  return JSON.parse(Buffer.from(output.slice(output.indexOf('{')), 'latin1').toString());
}

describe('CGI', () => {
  const mounts: readonly (readonly [name: string, asked: Asked, place: Record<string, unknown>])[] = [
    [
      'below its own SCRIPT_NAME',
      { variables: { REQUEST_URI: '/cgi-bin/app/a%20b%2Fc?d', PATH_INFO: '/a b/c', QUERY_STRING: 'd' } },
      { baseUrl: '/cgi-bin/app', url: '/a%20b%2Fc?d', originalUrl: '/cgi-bin/app/a%20b%2Fc?d' },
    ],
    [
      'below a SCRIPT_NAME that is not ASCII',
      { variables: { SCRIPT_NAME: '/f\xc3\xb6 o', REQUEST_URI: '/f%C3%B6%20o/x' } },
      { baseUrl: '/f%C3%B6%20o', url: '/x', SCRIPT_NAME: '/fö o' },
    ],
    [
      'where the server rewrites the path, by the pair that it sends',
      { variables: { REQUEST_URI: '/pretty/x?y', PATH_INFO: '/x', QUERY_STRING: 'y' } },
      { baseUrl: '/cgi-bin/app', url: '/x?y' },
    ],
    [
      'without a target, by the pair',
      { variables: { REQUEST_URI: '', PATH_INFO: '/x' } },
      { baseUrl: '/cgi-bin/app', url: '/x', PATH_INFO: '/x' },
    ],
    [
      'with no path info',
      { variables: { REQUEST_URI: '/cgi-bin/app', PATH_INFO: '' } },
      { url: '/', PATH_INFO: '' },
    ],
    [
      'below a mount that is given',
      { options: { mount: '/m' }, variables: { REQUEST_URI: '/m/x' } },
      { baseUrl: '/m', url: '/x' },
    ],
  ];
  for (const [name, asked, place] of mounts) {
    it(`is ${name}`, async () => {
      const result = await ask(asked);
      expect(result.exit).to.deep.equal([0, null]);
      expect(result.errors).to.equal('');
      expect(result.output).to.match(/^Status: 200 OK\r\nContent-Type: application\/json\r\n/);
      expect(shown(result)).to.deep.include(place);
    });
  }

  it('is outside a mount that is given: 404, and says what to do', async () => {
    const { output, errors, exit } = await ask({ options: { mount: '/other' } });
    expect(output).to.match(/^Status: 404 Not Found\r\nContent-Length: 0\r\n\r\n$/);
    expect(errors).to.match(
      /^a request must lie below the mount "\/other", got "\/cgi-bin\/app\/x": set mount/,
    );
    expect(exit).to.deep.equal([0, null]);
  });

  it('takes variables byte by byte, and never HTTP_PROXY', async () => {
    const variables = {
      ...{
        HTTP_X_LATIN: 'caf\xe9',
        HTTP_X_BYTES: '\xff\x80',
        HTTP_PROXY: 'http://evil.example',
        DOCUMENT_ROOT: '/d',
      },
      HTTP_COOKIE: 'a=1',
    };
    const result = shown(await ask({ variables }));
    expect(result.httpProxy).to.deep.equal([null, null]);
    expect(result.DOCUMENT_ROOT).to.equal('/d');
    expect(result.headers).to.deep.equal({ 'x-latin': 'caf\xe9', 'x-bytes': '\xff\x80', cookie: 'a=1' });
  });

  const bodies: readonly (readonly [name: string, asked: Asked, echoed: string])[] = [
    ['has the length that is said', { body: 'hello', variables: { CONTENT_LENGTH: '5' } }, 'hello'],
    [
      'ends without the end of the input',
      { body: 'hello', variables: { CONTENT_LENGTH: '5' }, keepsOpen: true },
      'hello',
    ],
    [
      'has no more than the length that is said',
      { body: 'hello!!', variables: { CONTENT_LENGTH: '5' } },
      'hello',
    ],
    [
      'is chunks until the input ends',
      { body: 'hello', variables: { HTTP_TRANSFER_ENCODING: 'chunked' } },
      'hello',
    ],
    ['is none where nobody says so', { body: 'hello', keepsOpen: true }, ''],
    ['is none where its length is empty', { variables: { CONTENT_LENGTH: '' } }, ''],
  ];
  for (const [name, asked, echoed] of bodies) {
    it(`a body ${name}`, async () => {
      const variables = { REQUEST_METHOD: 'POST', ...asked.variables };
      const { output, exit, errors } = await ask({ ...asked, does: 'echo', variables });
      expect(output.slice(output.indexOf('\r\n\r\n') + 4)).to.equal(echoed);
      expect([exit, errors]).to.deep.equal([[0, null], '']);
    });
  }

  it('a large body that nobody reads is no matter', async () => {
    const variables = { REQUEST_METHOD: 'POST', CONTENT_LENGTH: '3000000' };
    const { output, exit } = await ask({ does: 'unread', variables, body: 'x'.repeat(3_000_000) });
    expect(output).to.match(/\r\n\r\nnot read$/);
    expect(exit).to.deep.equal([0, null]);
  });

  const heads: readonly (readonly [name: string, asked: Asked, output: RegExp])[] = [
    ['HEAD has no body', { variables: { REQUEST_METHOD: 'HEAD' } }, /^Status: 200 OK\r\n[^{]*\r\n\r\n$/],
    ['304', { does: 'unchanged' }, /^Status: 304 Not Modified\r\nETag: "a"\r\n\r\n$/],
    [
      'a redirect says its status',
      { does: 'moved' },
      /^Status: 301 Moved Permanently\r\nLocation: \/elsewhere\r\n/,
    ],
    [
      'a script that is not parsed (nph-) says all of it',
      { does: 'unread', variables: { SCRIPT_FILENAME: '/srv/cgi-bin/nph-app.js' } },
      /^HTTP\/1\.1 200 OK\r\nConnection: close\r\nContent-Length: 8\r\n\r\nnot read$/,
    ],
  ];
  for (const [name, asked, expected] of heads) {
    it(`heads: ${name}`, async () => {
      const { output, exit } = await ask(asked);
      expect(output).to.match(expected);
      expect(exit).to.deep.equal([0, null]);
    });
  }

  it('what is written to standard output otherwise goes to the log', async () => {
    const { output, errors } = await ask({ does: 'noise' });
    expect(output).to.match(/^Status: 200 OK\r\n\r\nclean answer$/);
    expect(errors).to.equal('noise 1\nnoise 2\nnoise 3\nnoise 4\n');
  });

  it('an answer is whole, however slowly the web server reads', async () => {
    const { child, heard } = start({ does: 'large' });
    child.stdout.pause();
    await wait(400);
    child.stdout.resume();
    const [code] = await once(child, 'close');
    expect(code).to.equal(0);
    expect(heard.output.length - heard.output.indexOf('\r\n\r\n') - 4).to.equal(5_000_000);
  });

  it('ends with its answer, whatever is still under way', async () => {
    const { output, exit } = await ask({ does: 'lively' });
    expect(output).to.match(/done$/);
    expect(exit).to.deep.equal([0, null]);
  });

  describe('what fails', () => {
    it('a crash before the head is an exit code and no output', async () => {
      const { output, errors, exit } = await ask({ does: 'crashBefore' });
      expect([output, exit]).to.deep.equal(['', [1, null]]);
      expect(errors).to.contain('Error: crash');
    });

    it('a crash behind the head is an exit code, too', async () => {
      const { output, errors, exit } = await ask({ does: 'crashAfter' });
      expect([output, exit]).to.deep.equal(['Status: 200 OK\r\n\r\nbegun', [1, null]]);
      expect(errors).to.contain('Error: crash');
    });

    it('an application that throws is 500', async () => {
      const { output, errors, exit } = await ask({ does: 'throws' });
      expect(output).to.match(/^Status: 500 Internal Server Error\r\n/);
      expect(errors).to.contain('Error: thrown');
      expect(exit).to.deep.equal([0, null]);
    });

    it('an answer that is broken off is an exit code', async () => {
      const { output, exit } = await ask({ does: 'brokenOff' });
      expect([output, exit]).to.deep.equal(['Status: 200 OK\r\n\r\nbegun', [1, null]]);
    });

    for (const [name, variables] of [
      ['is none', { CONTENT_LENGTH: 'five' }],
      ['is negative', { CONTENT_LENGTH: '-5' }],
    ] as const) {
      it(`a length that ${name} is said in the log, and an exit code`, async () => {
        const { output, errors, exit } = await ask({ variables: { REQUEST_METHOD: 'POST', ...variables } });
        expect(errors).to.match(/CONTENT_LENGTH must be decimal digits/);
        expect([output, exit]).to.deep.equal(['', [1, null]]);
      });
    }

    it('a body that ends too soon is an abort, as over HTTP', async () => {
      const variables = { REQUEST_METHOD: 'POST', CONTENT_LENGTH: '50' };
      const { exit } = await ask({ does: 'echo', body: 'hello', variables });
      expect(exit).to.deep.equal([1, null]);
    });

    it('a body that never comes is waited for no longer than timeouts.request', async () => {
      const variables = { REQUEST_METHOD: 'POST', CONTENT_LENGTH: '50' };
      const options = { timeouts: { request: 100 } };
      const { errors, exit } = await ask({ does: 'echo', body: 'h', keepsOpen: true, variables, options });
      expect(errors).to.match(/a request must be complete within 100 ms \(timeouts.request\)/);
      expect(exit).to.deep.equal([1, null]);
    });

    it('an application that never ends is ended by SIGTERM', async () => {
      const { child, heard } = start({ does: 'never', keepsOpen: true });
      await until(() => heard.errors.includes('waiting') && heard.output.includes('begun'));
      child.kill('SIGTERM');
      const [, signal] = await once(child, 'close');
      expect(signal).to.equal('SIGTERM');
      expect(heard.output).to.equal('Status: 200 OK\r\n\r\nbegun');
    });

    it('a web server that goes ends the process, and the application hears of it', async () => {
      const { child, heard } = start({ does: 'writes', keepsOpen: true });
      await until(() => heard.output.includes('more'));
      child.stdout.destroy();
      const [code] = await once(child, 'exit');
      await wait(20);
      expect(code).to.equal(1);
      expect(heard.errors).to.equal('closed\n');
    });
  });
});
