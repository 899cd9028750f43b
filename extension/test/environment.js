/** A page as jsdom makes it, with what browsers have and jsdom lacks: fetch, streams, and what goes with them. */

const { TestEnvironment } = require('jest-environment-jsdom');

const NAMES = [
  'AbortController',
  'AbortSignal',
  'ReadableStream',
  'Response',
  'TextDecoder',
  'TextEncoder',
  'fetch'
];

module.exports = class extends TestEnvironment {
  constructor(...given) {
    super(...given);
    NAMES.forEach(name => (this.global[name] = globalThis[name]));
    this.global.crypto.randomUUID = () => crypto.randomUUID();
  }
};
