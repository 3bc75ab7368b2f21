/**
 * A child process that answers questions one at a time: each contender has its own, so that none finds the optimizer
 * and the heap in the state in which another one left them.
 */

import { type ChildProcess, fork } from 'node:child_process';

export class Child<Question extends object, Answer> {
  readonly #process: ChildProcess;
  readonly #name: string;

  constructor(module: URL, args: readonly string[], execArgv: readonly string[] = []) {
    this.#process = fork(module, args, { execArgv: [...execArgv] });
    this.#name = args.join(' ');
  }

  /** Its answer; rejects where it ends instead, having said why on standard error. */
  ask(question: Question): Promise<Answer> {
    return new Promise((resolve, reject) => {
      const child = this.#process;
      const settle = (): void => {
        child.off('message', onMessage).off('exit', onExit);
      };
      const onMessage = (answer: unknown): void => {
        settle();
        resolve(answer as Answer);
      };
      const onExit = (code: number | null): void => {
        settle();
        reject(new Error(`a benchmark must not fail, ${this.#name} ended with ${code}`));
      };
      child.on('message', onMessage).on('exit', onExit);
      child.send(question);
    });
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  close(): void {
    if (this.#process.connected) this.#process.disconnect();
  }
}

/** The child's side: answers each question. */
export function answerQuestions<Question, Answer>(
  answer: (question: Question) => Answer | Promise<Answer>,
): void {
  process.on('message', async (question) => process.send?.(await answer(question as Question)));
}
