/** A job's report in a tab: rendered if there is none yet, and shown in a frame that may do nothing. */

import * as React from 'react';

import type { Job, Report } from '../service/records';
import { filePath, path, said } from '../service/requests';
import { moment } from '../wording';
import { Lab, useLoaded } from './lab';
import { LinkButton, Problem, Progress } from './parts';

export function ReportPage(props: {
  lab: Lab;
  job: string;
  onTitle: (title: string) => void;
}): JSX.Element {
  const { lab, job, onTitle } = props;
  const [rendering, setRendering] = React.useState<Job | null>(null);
  const [report, setReport] = React.useState<Report | null>(null);
  const [problem, tell] = React.useState<string | null>(null);
  const [tries, again] = React.useReducer((tried: number) => tried + 1, 0);
  React.useEffect(() => {
    tell(null);
    lab.reports.open(job, setRendering).then(
      found => {
        setReport(found);
        onTitle(found.title);
      },
      error => tell(said(error))
    );
  }, [job, tries]);
  if (report) {
    const address = lab.reports.page(report.id);
    return (
      <div className="pf-Report">
        <div className="pf-Report-bar" role="toolbar" aria-label="Report">
          <span className="pf-Sub">{moment(report.created)}</span>
          <LinkButton icon="open" label="Open in a browser tab" href={address} />
          <LinkButton
            icon="download"
            label="Notebook"
            href={address.replace(/page$/, 'notebook')}
            download
          />
        </div>
        <iframe title={report.title} src={address} sandbox="" />
      </div>
    );
  }
  return (
    <div className="pf-Page">
      <div className="pf-Card">
        <header className="pf-Card-head">
          <h2>Report</h2>
        </header>
        {problem ? (
          <Problem onRetry={again}>{problem}</Problem>
        ) : (
          <>
            <Progress
              fraction={rendering ? rendering.progress : null}
              label="Rendering the report"
            />
            <p className="pf-Sub" role="status">
              {rendering?.message || 'Rendering the report; the first one takes half a minute…'}
            </p>
          </>
        )}
      </div>
    </div>
  );
}

/** A page that a job left behind, in a frame that may do nothing. */
export function ArtifactPage(props: { lab: Lab; job: string; artifact: string }): JSX.Element {
  const { lab, job, artifact } = props;
  const place = `${path('jobs', job, 'artifacts')}${filePath(artifact)}`;
  const loaded = useLoaded(() => lab.jobs.requests.text(place), [place]);
  if (!loaded || 'problem' in loaded) {
    return (
      <div className="pf-Page">
        {loaded ? <Problem>{loaded.problem}</Problem> : <p className="pf-Note">Reading…</p>}
      </div>
    );
  }
  return (
    <div className="pf-Report">
      <iframe title={artifact} srcDoc={loaded.value} sandbox="" />
    </div>
  );
}
