/** The fields of a form, each with its label, its hint, and what is wrong with it. */

import * as React from 'react';

import type { Field } from './schema';

interface FieldProps {
  field: Field;
  value: unknown;
  problem?: string;
  /** What may be meant, offered while one types. */
  offers?: string[];
  onChange: (value: unknown) => void;
}

export function FieldOf({ field, value, problem, offers, onChange }: FieldProps): JSX.Element {
  const id = React.useId();
  if (field.kind === 'group') {
    const values = (value ?? {}) as Record<string, unknown>;
    return (
      <fieldset className="pf-Group">
        <legend>{field.title}</legend>
        {field.hint && <p className="pf-Hint">{field.hint}</p>}
        {problem && <p className="pf-Wrong">{problem}</p>}
        {field.fields.map(inner => (
          <FieldOf
            key={inner.name}
            field={inner}
            value={values[inner.name]}
            onChange={changed => onChange({ ...values, [inner.name]: changed })}
          />
        ))}
      </fieldset>
    );
  }
  return (
    <Labelled
      id={id}
      title={field.title}
      hint={field.hint}
      problem={problem}
      required={field.required}
    >
      <Input
        id={id}
        field={field}
        value={value}
        problem={problem}
        offers={offers}
        onChange={onChange}
      />
    </Labelled>
  );
}

export function Labelled(
  props: React.PropsWithChildren<{
    id: string;
    title: string;
    hint?: string;
    problem?: string;
    required?: boolean;
  }>
): JSX.Element {
  const { id, title, hint, problem, required, children } = props;
  return (
    <div className={`pf-Field${problem ? ' pf-mod-wrong' : ''}`}>
      <label htmlFor={id}>
        {title}
        {required && <span className="pf-Needed"> needed</span>}
      </label>
      {children}
      {hint && (
        <p className="pf-Hint" id={`${id}-hint`}>
          {hint}
        </p>
      )}
      {problem && (
        <p className="pf-Wrong" id={`${id}-wrong`} role="alert">
          {problem}
        </p>
      )}
    </div>
  );
}

function Input(props: FieldProps & { id: string }): JSX.Element {
  const { id, field, value, problem, offers = [], onChange } = props;
  const common = {
    id,
    'aria-describedby': `${id}-hint${problem ? ` ${id}-wrong` : ''}`,
    'aria-invalid': problem ? true : undefined
  };
  const text = String(value ?? '');
  const typed = (event: React.ChangeEvent<HTMLInputElement | HTMLTextAreaElement>) =>
    onChange(event.target.value);
  switch (field.kind) {
    case 'file':
      return <TextFile common={common} accept={field.accept} onChange={onChange} />;
    case 'switch':
      return (
        <input
          {...common}
          type="checkbox"
          checked={value === true}
          onChange={event => onChange(event.target.checked)}
        />
      );
    case 'choice': {
      const at = field.choices.findIndex(choice => choice.value === value);
      return (
        <select
          {...common}
          value={Math.max(0, at)}
          onChange={event => onChange(field.choices[Number(event.target.value)].value)}
        >
          {field.choices.map((choice, index) => (
            <option key={index} value={index}>
              {choice.label}
            </option>
          ))}
        </select>
      );
    }
    case 'choices': {
      const chosen = Array.isArray(value) ? value : [];
      return (
        <select
          {...common}
          multiple
          size={Math.min(6, field.choices.length)}
          value={field.choices.flatMap(({ value }, at) =>
            chosen.includes(value) ? [`${at}`] : []
          )}
          onChange={event =>
            onChange(
              Array.from(
                event.target.selectedOptions,
                each => field.choices[Number(each.value)].value
              )
            )
          }
        >
          {field.choices.map((choice, index) => (
            <option key={index} value={index}>
              {choice.label}
            </option>
          ))}
        </select>
      );
    }
    case 'number':
      return (
        <input
          {...common}
          inputMode="decimal"
          value={text}
          placeholder="default"
          onChange={typed}
        />
      );
    case 'json':
      return (
        <textarea
          {...common}
          rows={3}
          spellCheck={false}
          placeholder='{"nu": 0.1}'
          value={text}
          onChange={typed}
        />
      );
    case 'text':
      return field.long ? (
        <textarea {...common} rows={4} value={text} onChange={typed} />
      ) : (
        <>
          <input {...common} value={text} list={`${id}-offers`} onChange={typed} />
          <Offers id={`${id}-offers`} offers={offers} />
        </>
      );
    default:
      return (
        <>
          <input
            {...common}
            value={text}
            spellCheck={false}
            list={`${id}-offers`}
            onChange={typed}
          />
          <Offers id={`${id}-offers`} offers={offers} />
        </>
      );
  }
}

const Offers = ({ id, offers }: { id: string; offers: string[] }): JSX.Element => (
  <datalist id={id}>
    {offers.map(offer => (
      <option key={offer} value={offer} />
    ))}
  </datalist>
);

function TextFile(props: {
  common: object;
  accept: string;
  onChange: (text: string) => void;
}): JSX.Element {
  const { common, accept, onChange } = props;
  const read = (files: FileList | null) => {
    void (files?.[0]?.text() ?? Promise.resolve('')).then(onChange);
  };
  return (
    <input {...common} type="file" accept={accept} onChange={event => read(event.target.files)} />
  );
}
