import { Field, configOf, fieldsOf, initialOf } from '../src/form/schema';

const DISCOVER = {
  properties: {
    seed: { default: 0, minimum: 0, title: 'Seed', type: 'integer' },
    target: {
      anyOf: [{ type: 'string' }, { type: 'array', items: { type: 'string' } }, { type: 'null' }],
      default: null,
      title: 'Left side',
      'x-suggest': 'derivatives'
    },
    file: { anyOf: [{ type: 'string' }, { type: 'null' }], default: null, title: 'File' }
  },
  'x-order': ['target', 'file', 'seed']
};

const of = (property: object, more: object = {}): Field =>
  fieldsOf({ properties: { it: property }, ...more })[0];
const sent = (property: object, value: unknown, more: object = {}) =>
  configOf([of(property, more)], { it: value });

describe('fieldsOf', () => {
  it('keeps the order that a kind asks for, and asks for each setting in its own way', () => {
    const fields = fieldsOf(DISCOVER);
    expect(fields.map(({ name, kind }) => [name, kind])).toEqual([
      ['target', 'list'],
      ['file', 'text'],
      ['seed', 'number']
    ]);
    expect(fields[0].suggest).toBe('derivatives');
    expect(initialOf(fields)).toEqual({ target: '', file: '', seed: '0' });
  });

  it.each([
    ['a switch', { type: 'boolean', default: true }, 'switch', true],
    ['a choice', { enum: ['fast', 'slow'], default: 'slow' }, 'choice', 'slow'],
    [
      'a choice that may be left open',
      { anyOf: [{ enum: [1, 2] }, { type: 'null' }] },
      'choice',
      null
    ],
    ['a notebook', { type: 'string', contentMediaType: 'application/x-ipynb+json' }, 'file', ''],
    [
      'anything else as JSON',
      { type: 'object', additionalProperties: true, default: { a: 1 } },
      'json',
      '{\n  "a": 1\n}'
    ]
  ])('asks for %s', (_, property, kind, initial) => {
    expect(of(property)).toMatchObject({ kind, initial });
  });

  it('follows references to definitions, and opens groups', () => {
    const group = of(
      { $ref: '#/$defs/Grid' },
      { $defs: { Grid: { type: 'object', properties: { n: { type: 'integer', default: 4 } } } } }
    );
    expect(group).toMatchObject({
      kind: 'group',
      fields: [{ name: 'n', kind: 'number' }],
      initial: { n: '4' }
    });
  });
});

describe('configOf', () => {
  it('leaves what is empty to the default of the kind', () => {
    const fields = fieldsOf(DISCOVER);
    expect(configOf(fields, initialOf(fields))).toEqual({ config: { seed: 0 }, problems: {} });
    expect(configOf(fields, { target: 'u_t', file: ' ', seed: '' }).config).toEqual({
      target: 'u_t'
    });
    expect(configOf(fields, { target: 'u_t, v_t', seed: '3' }).config).toEqual({
      target: ['u_t', 'v_t'],
      seed: 3
    });
  });

  it.each([
    [{ type: 'integer', title: 'Seed' }, '1.5', 'Seed must be a whole number, not 1.5.'],
    [{ type: 'integer', title: 'Seed' }, 'one', 'Seed must be a number, not “one”.'],
    [{ type: 'number', minimum: 0, title: 'Noise' }, '-1', 'Noise must be 0 or more, not -1.'],
    [
      { type: 'integer', exclusiveMaximum: 9, title: 'Size' },
      '9',
      'Size must be 8 or less, not 9.'
    ],
    [
      { title: 'Parameters' },
      '{nu: 1}',
      'Parameters must be JSON, such as {"name": 1} or ["a", "b"].'
    ]
  ])('says what is wrong with %j as %j', (property, value, sentence) => {
    expect(sent(property, value).problems).toEqual({ it: sentence });
  });

  it('asks for what is needed', () => {
    expect(sent({ type: 'string', title: 'Job' }, '', { required: ['it'] }).problems).toEqual({
      it: 'Job is needed.'
    });
  });

  it('sends false, zero and JSON as they are', () => {
    expect(sent({ type: 'boolean', default: true }, false).config).toEqual({ it: false });
    expect(sent({ type: 'number' }, '0').config).toEqual({ it: 0 });
    expect(sent({ type: 'object' }, '{"nu": [1]}').config).toEqual({ it: { nu: [1] } });
  });

  it('sends one of several choices alone, and more in their own order', () => {
    const field: Field = {
      ...of({ type: 'string', title: 'File' }),
      kind: 'choices',
      choices: ['a.csv', 'b.csv', 'c.csv'].map(value => ({ value, label: value })),
      required: true
    };
    const sentOf = (value: unknown) => configOf([field], { it: value });
    expect(sentOf(['b.csv']).config).toEqual({ it: 'b.csv' });
    expect(sentOf(['c.csv', 'a.csv', 'gone.csv']).config).toEqual({ it: ['a.csv', 'c.csv'] });
    expect(sentOf('').problems).toEqual({ it: 'File is needed.' });
  });
});
