/** In place of options, brings what something is made of already. Nobody outside has one. */
export class Made<Parts> {
  readonly parts: Parts;

  constructor(parts: Parts) {
    this.parts = parts;
  }
}
