/** Words that are compared one by one, which is faster than to look them up. */
const FIRST = 4;

/** Few different words, written down many times: each as a number, in order of their first use. */
export class Vocabulary {
  readonly #numbers = new Map<string, number>();
  readonly #words: string[] = [];

  numberOf(word: string): number {
    for (let number = 0; number < FIRST; number++) if (this.#words[number] === word) return number;
    const known = this.#numbers.get(word);
    if (known !== undefined) return known;
    this.#numbers.set(word, this.#words.length);
    return this.#words.push(word) - 1;
  }

  word(number: number): string {
    return this.#words[number] ?? '';
  }
}
