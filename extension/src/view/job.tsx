/** One job, opened: how far it is, what it found, what it said, and what can be done with it. */

import * as React from 'react';

import { Artifact, Discovery, Job, isFinished } from '../service/records';
import { filePath, path, said } from '../service/requests';
import { ago, moment, runtime, size } from '../wording';
import { Lab, useClock, useLoaded } from './lab';
import { Law } from './law';
import { Button, Problem, Progress } from './parts';

export function JobStanding({ job }: { job: Job }): JSX.Element {
  useClock(job.state === 'running');
  const time = runtime(job);
  return (
    <>
      {!isFinished(job) && (
        <Progress
          fraction={job.state === 'queued' ? 0 : job.progress}
          label={`Progress of ${job.name || job.id}`}
        />
      )}
      <span className="pf-Sub">
        {job.state === 'running' && `${Math.round(100 * job.progress)} % · `}
        {[job.kind, !isFinished(job) && job.message, time, job.finished && ago(job.finished)]
          .filter(part => part)
          .join(' · ')}
      </span>
    </>
  );
}

export function JobDetails({
  lab,
  job,
  wide
}: {
  lab: Lab;
  job: Job;
  wide?: boolean;
}): JSX.Element {
  const [problem, tell] = React.useState<string | null>(null);
  const [asked, ask] = React.useState(false);
  const cancel = () => {
    ask(true);
    lab.jobs.cancel(job.id).catch(error => {
      ask(false);
      tell(said(error));
    });
  };
  const reportable =
    job.state === 'succeeded' && (job.kind === 'discover' || job.kind === 'report');
  const stopping = asked || job.cancel_requested;
  return (
    <>
      <div className="pf-Actions">
        {!isFinished(job) && (
          <Button
            icon="stop"
            look="warn"
            label={stopping ? 'Stopping…' : 'Cancel'}
            disabled={stopping}
            onClick={cancel}
          />
        )}
        {reportable && (
          <Button
            icon="report"
            label="Open report"
            look="accept"
            onClick={() => lab.showReport(job)}
          />
        )}
        {!wide && <Button icon="open" label="Open in a tab" onClick={() => lab.showJob(job)} />}
      </div>
      {problem && <Problem onClose={() => tell(null)}>{problem}</Problem>}
      {job.error && <Problem>{job.error}</Problem>}
      {job.state === 'succeeded' && job.kind === 'discover' && <Found lab={lab} job={job} />}
      <Facts job={job} />
      <Log lab={lab} job={job} open={!!wide} />
      {isFinished(job) && <Artifacts lab={lab} job={job} />}
    </>
  );
}

function Found({ lab, job }: { lab: Lab; job: Job }): JSX.Element | null {
  const loaded = useLoaded(() => lab.jobs.result<Discovery>(job.id), [job.id]);
  if (!loaded) {
    return null;
  }
  return 'value' in loaded ? (
    <Law lab={lab} found={loaded.value} />
  ) : (
    <Problem>{loaded.problem}</Problem>
  );
}

function Facts({ job }: { job: Job }): JSX.Element {
  const settings = Object.entries(job.config).filter(([, value]) => value !== null);
  const facts: [string, string][] = [
    ...Object.entries(job.inputs),
    ...settings.map(([name, value]): [string, string] => [name, shown(value)]),
    ['Queued', moment(job.created)],
    ...(job.started ? [['Ran for', runtime(job)] as [string, string]] : []),
    ...(job.attempt > 1
      ? [['Attempt', `${job.attempt} of ${job.max_attempts}`] as [string, string]]
      : []),
    ['Id', job.id]
  ];
  return (
    <dl className="pf-Facts">
      {facts.map(([name, value]) => (
        <React.Fragment key={name}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </React.Fragment>
      ))}
    </dl>
  );
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length > 120 ? `${text.slice(0, 119)}…` : text;
}

/** The log is read when it is opened, and again whenever the job moves. */
function Log({ lab, job, open: wide }: { lab: Lab; job: Job; open: boolean }): JSX.Element {
  const [open, setOpen] = React.useState(wide);
  return (
    <details className="pf-Log" open={open} onToggle={event => setOpen(event.currentTarget.open)}>
      <summary>Log</summary>
      {open && <LogText lab={lab} job={job} />}
    </details>
  );
}

function LogText({ lab, job }: { lab: Lab; job: Job }): JSX.Element {
  const loaded = useLoaded(
    () => lab.jobs.log(job.id),
    [job.id, job.state, job.message, Math.floor(10 * job.progress)]
  );
  if (loaded && 'problem' in loaded) {
    return <Problem>{loaded.problem}</Problem>;
  }
  const text = loaded ? loaded.value.trim() : '…';
  return (
    <pre className="pf-LogText" tabIndex={0} aria-label="Log">
      {text || 'Nothing was logged so far.'}
    </pre>
  );
}

function Artifacts({ lab, job }: { lab: Lab; job: Job }): JSX.Element | null {
  const loaded = useLoaded<Artifact[]>(() => lab.jobs.artifacts(job.id), [job.id, job.state]);
  if (!loaded || 'problem' in loaded || loaded.value.length === 0) {
    return null;
  }
  const address = (name: string) =>
    lab.jobs.requests.connection.address(`${path('jobs', job.id, 'artifacts')}${filePath(name)}`);
  return (
    <details className="pf-Log">
      <summary>Files it left ({loaded.value.length})</summary>
      <ul className="pf-Files">
        {loaded.value.map(artifact => (
          <li key={artifact.name}>
            <a href={address(artifact.name)} download>
              {artifact.name}
            </a>
            <span className="pf-Sub">{size(artifact.size)}</span>
            {artifact.media_type.startsWith('text/html') && (
              <Button
                icon="open"
                label={`Show ${artifact.name}`}
                bare
                onClick={() => lab.showPage(job, artifact.name)}
              />
            )}
          </li>
        ))}
      </ul>
    </details>
  );
}
