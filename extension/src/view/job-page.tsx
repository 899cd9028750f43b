/** A job in a tab of its own. */

import * as React from 'react';

import type { Job } from '../service/records';
import { isFinished } from '../service/records';
import { state, titleOf } from '../wording';
import { JobDetails, JobStanding } from './job';
import { Lab, useChanges, useLoaded } from './lab';
import { Problem } from './parts';

export function JobPage({ lab, id }: { lab: Lab; id: string }): JSX.Element {
  useChanges(lab.jobs.changed);
  const loaded = useLoaded(() => lab.jobs.get(id), [id]);
  const job = lab.jobs.find(id);
  if (!job) {
    const problem = loaded && 'problem' in loaded ? loaded.problem : null;
    return (
      <div className="pf-Page">
        {problem ? <Problem>{problem}</Problem> : <p className="pf-Note">Reading…</p>}
      </div>
    );
  }
  return (
    <div className="pf-Page">
      <JobCard lab={lab} job={job} />
    </div>
  );
}

export function JobCard({ lab, job }: { lab: Lab; job: Job }): JSX.Element {
  return (
    <article className="pf-Card" aria-label={titleOf(job, lab.jobs.find)}>
      <header className="pf-Card-head">
        <h2 title={titleOf(job, lab.jobs.find)}>{titleOf(job, lab.jobs.find)}</h2>
        <span className={`pf-State pf-mod-${job.state}`} role="status">
          {state(job)}
        </span>
      </header>
      <JobStanding job={job} />
      {!isFinished(job) && (
        <p className="pf-Note">
          It goes on when you close this tab; the panel on the left keeps track of it.
        </p>
      )}
      <JobDetails lab={lab} job={job} wide />
    </article>
  );
}
