/** The list of jobs, as they move. */

import * as React from 'react';

import { said } from '../service/requests';
import { state, titleOf } from '../wording';
import { JobDetails, JobStanding } from './job';
import { Lab, useChanges } from './lab';
import { Button, Empty, Fold, Problem } from './parts';

const AT_FIRST = 50;

export function Jobs({ lab }: { lab: Lab }): JSX.Element {
  const model = lab.jobs;
  const [open, setOpen] = React.useState<string | null>(null);
  const [limit, setLimit] = React.useState(AT_FIRST);
  const [problem, tell] = React.useState<string | null>(null);
  useChanges(model.changed);
  const jobs = model.items;
  const more = () => {
    const wanted = 4 * limit;
    setLimit(wanted);
    model.readMore(wanted).catch(error => tell(said(error)));
  };
  return (
    <div className="pf-Section">
      <div className="pf-Bar">
        <span
          className={`pf-Live${model.problem || !model.known ? ' pf-mod-off' : ''}`}
          role="status"
        >
          {model.problem ? 'Not connected' : model.known ? 'Live' : 'Connecting…'}
        </span>
        <Button icon="play" label="New job" look="accept" onClick={() => lab.start()} />
      </div>
      {model.problem && <Problem onRetry={() => model.retry()}>{model.problem}</Problem>}
      {problem && <Problem onClose={() => tell(null)}>{problem}</Problem>}
      {jobs.length === 0 && model.known && (
        <Empty title="No jobs yet">
          Press New job, or open a dataset above and press Discover a law. Jobs go on when you close
          this page.
        </Empty>
      )}
      <ul className="pf-List" aria-label="Jobs">
        {jobs.map(job => (
          <Fold
            key={job.id}
            open={open === job.id}
            onToggle={() => setOpen(open === job.id ? null : job.id)}
            label={`${titleOf(job, model.find)}, ${job.kind}, ${state(job)}`}
            head={
              <>
                <span className="pf-Line">
                  <span className={`pf-Dot pf-mod-${job.state}`} aria-hidden="true" />
                  <span className="pf-Name" title={titleOf(job, model.find)}>
                    {titleOf(job, model.find)}
                  </span>
                  <span className={`pf-State pf-mod-${job.state}`}>{state(job)}</span>
                </span>
                <JobStanding job={job} />
              </>
            }
          >
            <JobDetails lab={lab} job={job} />
          </Fold>
        ))}
      </ul>
      {jobs.length >= limit && <Button label="Show older jobs" onClick={more} />}
    </div>
  );
}
