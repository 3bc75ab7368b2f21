/**
 * The workers of mod_jk: `workers.properties`.
 *
 * Source: "workers.properties" of the reference of Tomcat's connectors; `jk_map_read_properties()` of mod_jk 1.2.48.
 *
 * Rules of this file: a file is found by the end of its path among those of the configuration; a property that stands later
 * replaces.
 */

import type { Configuration } from '../configuration.js';
import { type Directive, misconfigured } from '../read.js';

export interface JkWorker {
  readonly secret: string | undefined;
  /** Of a load balancer's member. */
  readonly route: string | undefined;
}

/** By name. */
export type Workers = ReadonlyMap<string, JkWorker>;

/** Lines of `name=value` in a file that a directive names. */
export function propertiesOf(
  directive: Directive,
  { files }: Configuration,
): readonly (readonly [string, string])[] {
  const wanted = (directive.args[0] ?? '').replace(/^.*\//, '');
  const name = Object.keys(files).find((each) => each.replace(/^.*\//, '') === wanted);
  if (name === undefined) throw misconfigured('come with the files that it names', directive);
  return (files[name] as string).split('\n').flatMap((line) => {
    const text = line.replace(/#.*/, '').trim();
    const equals = text.indexOf('=');
    return equals === -1 ? [] : [[text.slice(0, equals).trim(), text.slice(equals + 1).trim()] as const];
  });
}

/** The workers of a configuration: those of `worker.list`. */
export function workersOf(configuration: Configuration): Workers {
  const properties = new Map<string, string>();
  for (const directive of configuration.every('JkWorkersFile')) {
    for (const [name, value] of propertiesOf(directive, configuration)) properties.set(name, value);
  }
  for (const { args } of configuration.every('JkWorkerProperty')) {
    const [, name = '', value = ''] = /^([^=]*)=(.*)$/.exec(args.join(' ')) ?? [];
    properties.set(name.trim(), value.trim());
  }
  // Without a list there is one worker, of this name.
  const names = (properties.get('worker.list') ?? 'ajp13').split(/[\s,]+/).filter((name) => name !== '');
  return new Map(names.map((name) => [name, workerOf(name, properties)]));
}

/** A worker; of a load balancer it is the first of its members. */
function workerOf(name: string, properties: ReadonlyMap<string, string>): JkWorker {
  const of = (worker: string, property: string): string | undefined => {
    const value = properties.get(`worker.${worker}.${property}`);
    const reference = properties.get(`worker.${worker}.reference`)?.replace(/^worker\./, '');
    return value ?? (reference === undefined ? undefined : properties.get(`worker.${reference}.${property}`));
  };
  if (of(name, 'type') !== 'lb') return { secret: of(name, 'secret'), route: undefined };
  const [member = ''] = (of(name, 'balance_workers') ?? '').split(/[\s,]+/);
  return { secret: of(member, 'secret'), route: of(member, 'route') ?? member };
}
