/** The form that starts a job of any kind, made from the kind's JSON schema. */

import * as React from 'react';

import type { JobsModel } from '../model/jobs';
import { Job, Kind, Version, descriptions } from '../service/records';
import { said } from '../service/requests';
import { Lab, useChanges, useLoaded } from '../view/lab';
import { Button, Empty, Problem } from '../view/parts';
import { ago, titleOf } from '../wording';
import { FieldOf, Labelled } from './fields';
import { Field, configOf, fieldsOf, initialOf, readable } from './schema';

const FIRST = 'discover';

interface NewJobProps {
  lab: Lab;
  /** A reference such as `wake@3`, chosen to begin with. */
  dataset?: string;
  onStarted: (job: Job) => void;
}

export function NewJobPage({ lab, dataset, onStarted }: NewJobProps): JSX.Element {
  const [tries, again] = React.useReducer((tried: number) => tried + 1, 0);
  const [name, choose] = React.useState(FIRST);
  const loaded = useLoaded(() => lab.jobs.requests.items<Kind>('/kinds'), [tries]);
  if (!loaded || 'problem' in loaded) {
    return (
      <div className="pf-Page">
        {loaded ? (
          <Problem onRetry={again}>{loaded.problem}</Problem>
        ) : (
          <p className="pf-Note">Reading…</p>
        )}
      </div>
    );
  }
  const kinds = [...loaded.value].sort(
    (a, b) => Number(b.name === FIRST) - Number(a.name === FIRST)
  );
  const kind = kinds.find(each => each.name === name) ?? kinds[0];
  if (!kind) {
    return (
      <div className="pf-Page">
        <Empty title="Nothing can be started">This service knows no kinds of jobs.</Empty>
      </div>
    );
  }
  return (
    <div className="pf-Page">
      <div className="pf-Card">
        <header className="pf-Card-head">
          <h2>{kind.name === FIRST ? 'Discover a law' : nameOf(kind)}</h2>
        </header>
        <p className="pf-Lead">{kind.summary}</p>
        {kinds.length > 1 && (
          <div className="pf-Kinds" role="radiogroup" aria-label="Kind of job">
            {kinds.map(each => (
              <label key={each.name} className={each === kind ? 'pf-mod-chosen' : ''}>
                <input
                  type="radio"
                  name="pf-kind"
                  checked={each === kind}
                  onChange={() => choose(each.name)}
                />
                {nameOf(each)}
              </label>
            ))}
          </div>
        )}
        <KindForm key={kind.name} lab={lab} kind={kind} dataset={dataset} onStarted={onStarted} />
      </div>
    </div>
  );
}

function nameOf(kind: Kind): string {
  const title = typeof kind.schema.title === 'string' ? kind.schema.title : kind.name;
  return title.charAt(0).toUpperCase() + title.slice(1);
}

function KindForm({ lab, kind, dataset, onStarted }: NewJobProps & { kind: Kind }): JSX.Element {
  useChanges(lab.datasets.changed);
  useChanges(lab.jobs.changed);
  React.useEffect(() => lab.jobs.follow(), []);
  const fields = React.useMemo(() => fieldsOf(kind.schema), [kind]);
  const [values, setValues] = React.useState(() => initialOf(fields));
  const [inputs, setInputs] = React.useState<Record<string, string>>(() =>
    dataset && kind.inputs.length ? { [kind.inputs[0]]: dataset } : {}
  );
  const [name, setName] = React.useState('');
  const [wrong, setWrong] = React.useState<Record<string, string>>({});
  const [refused, refuse] = React.useState<string | null>(null);
  const [busy, setBusy] = React.useState(false);
  // A request that is sent again, after a connection that broke, must not start a second job.
  const last = React.useRef({ asked: '', key: '' });
  const nameId = React.useId();
  const version = useVersion(lab, inputs[kind.inputs[0]]);
  const form = React.useRef<HTMLFormElement>(null);
  const further = Object.entries(kind.optional ?? {});
  const [unfolded, unfold] = React.useState(false);

  const asked = fields.flatMap(field => fitted(field, version, lab.jobs));

  const start = async () => {
    const { config, problems } = configOf(asked, values);
    for (const input of kind.inputs) {
      if (!inputs[input]) {
        problems[`input ${input}`] = 'Choose a dataset.';
      }
    }
    setWrong(problems);
    refuse(null);
    if (Object.keys(problems).length) {
      requestAnimationFrame(() =>
        form.current?.querySelector<HTMLElement>('[aria-invalid]')?.focus()
      );
      return;
    }
    setBusy(true);
    try {
      const given = Object.fromEntries(Object.entries(inputs).filter(([, ref]) => ref));
      const wanted = { kind: kind.name, config, inputs: given, name: name.trim() || null };
      const text = JSON.stringify(wanted);
      if (last.current.asked !== text) {
        last.current = { asked: text, key: crypto.randomUUID() };
      }
      onStarted(await lab.jobs.submit({ ...wanted, idempotency_key: last.current.key }));
    } catch (error) {
      refuse(said(error));
      setBusy(false);
    }
  };

  return (
    <form
      ref={form}
      className="pf-Form"
      noValidate
      onSubmit={event => {
        event.preventDefault();
        void start();
      }}
    >
      {kind.inputs.map(input => (
        <DatasetField
          key={input}
          lab={lab}
          title={kind.inputs.length === 1 ? 'Dataset' : input}
          value={inputs[input] ?? ''}
          problem={wrong[`input ${input}`]}
          required
          onChange={ref => setInputs({ ...inputs, [input]: ref })}
        />
      ))}
      {further.length > 0 && (
        <details className="pf-Group" onToggle={event => unfold(event.currentTarget.open)}>
          <summary>More datasets</summary>
          {unfolded &&
            further.map(([input, about]) => (
              <DatasetField
                key={input}
                lab={lab}
                title={readable(input)}
                about={about}
                value={inputs[input] ?? ''}
                onChange={ref => setInputs({ ...inputs, [input]: ref })}
              />
            ))}
        </details>
      )}
      {asked.map(field => (
        <FieldOf
          key={field.name}
          field={field}
          offers={offersFor(field, version)}
          value={values[field.name]}
          problem={wrong[field.name]}
          onChange={value => setValues({ ...values, [field.name]: value })}
        />
      ))}
      <Labelled
        id={nameId}
        title="Name of the job"
        hint="How it is listed; empty names it after its dataset."
      >
        <input
          id={nameId}
          aria-describedby={`${nameId}-hint`}
          value={name}
          onChange={e => setName(e.target.value)}
        />
      </Labelled>
      {refused && <Problem>{refused}</Problem>}
      <div className="pf-Actions">
        <Button
          submit
          icon="play"
          look="accept"
          label={busy ? 'Starting…' : 'Start'}
          disabled={busy}
          onClick={() => undefined}
        />
      </div>
    </form>
  );
}

/** The version that a reference names, once it is read. */
function useVersion(lab: Lab, ref: string | undefined): Version | null {
  const [name, number] = (ref ?? '').split('@');
  const loaded = useLoaded(
    async () => (number ? lab.datasets.version(name, Number(number)) : null),
    [ref]
  );
  return loaded && 'value' in loaded ? loaded.value : null;
}

/** A field as it is asked: what is there is a choice, and no question where one file is all there is. */
function fitted(field: Field, version: Version | null, jobs: JobsModel): Field[] {
  const none = { value: null, label: 'Choose…' };
  if (field.suggest === 'jobs') {
    const choices = jobs.items
      .filter(job => job.state === 'succeeded' && Object.keys(job.inputs).length > 0)
      .map(job => ({ value: job.id, label: `${titleOf(job)} · ${ago(job.created)}` }));
    const hint = choices.length ? field.hint : 'There is none yet: discover a law first.';
    return [{ ...field, kind: 'choice', choices: [none, ...choices], initial: null, hint }];
  }
  if (field.suggest === 'files') {
    const paths = version ? [...descriptions(version).keys()] : [];
    const choices = paths.map(path => ({ value: path, label: path }));
    if (paths.length < 2) {
      return [];
    }
    if (field.kind === 'list') {
      const hint = 'Which file of the dataset; several are experiments with one law.';
      return [{ ...field, kind: 'choices', choices, required: true, hint }];
    }
    const hint = 'Which file of the dataset.';
    return [{ ...field, kind: 'choice', choices: [none, ...choices], required: true, hint }];
  }
  return [field];
}

function offersFor(field: Field, version: Version | null): string[] {
  if (version === null || field.suggest !== 'derivatives') {
    return field.examples;
  }
  const variables = [...descriptions(version).values()].flatMap(each => each.variables ?? []);
  const moving = variables.filter(variable => variable.dims.includes('t'));
  return [...new Set(moving.map(variable => variable.name))].flatMap(name => [
    `${name}_t`,
    `${name}_tt`
  ]);
}

function DatasetField(props: {
  lab: Lab;
  title: string;
  about?: string;
  value: string;
  problem?: string;
  required?: boolean;
  onChange: (ref: string) => void;
}): JSX.Element {
  const { lab, title, about, value, problem, required, onChange } = props;
  const id = React.useId();
  // Whenever the panel reads its own list anew, which a search may have shortened, so does the form.
  const loaded = useLoaded(() => lab.datasets.all(), [lab.datasets.items]);
  const listed = loaded && 'value' in loaded ? loaded.value : [];
  const known = listed.map(info => `${info.name}@${info.latest}`);
  const refs = value && !known.includes(value) ? [value, ...known] : known;
  const none = loaded !== null && 'value' in loaded && refs.length === 0;
  const versions = required
    ? 'Its newest version; open a dataset in the panel to take an older one.'
    : (about ?? '');
  const hint = none
    ? 'There are none yet: upload measurements in the panel on the left.'
    : versions;
  const unread = loaded && 'problem' in loaded ? loaded.problem : null;
  return (
    <Labelled id={id} title={title} hint={unread ?? hint} problem={problem} required={required}>
      <select
        id={id}
        value={value}
        aria-describedby={`${id}-hint`}
        aria-invalid={problem ? true : undefined}
        onChange={event => onChange(event.target.value)}
      >
        <option value="">{required ? 'Choose…' : '—'}</option>
        {refs.map(ref => (
          <option key={ref}>{ref}</option>
        ))}
      </select>
    </Labelled>
  );
}
