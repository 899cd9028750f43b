/** One dataset, opened: what to do with it, a first look, and what was read from its files. */

import * as React from 'react';

import { DatasetInfo, Description, Version, descriptions } from '../service/records';
import { filePath, path, said } from '../service/requests';
import { count, moment, number, size } from '../wording';
import { Lab, useLoaded } from './lab';
import { Button, LinkButton, Problem } from './parts';
import { PreviewOf } from './preview';

export function DatasetDetails({ lab, info }: { lab: Lab; info: DatasetInfo }): JSX.Element {
  const [wanted, want] = React.useState<number | null>(null);
  const shown = wanted ?? info.latest;
  const loaded = useLoaded(() => lab.datasets.version(info.name, shown), [info.name, shown]);
  const versions = useLoaded(
    () => lab.datasets.requests.items<Version>(`${path('datasets', info.name)}/versions`),
    [info.name, info.latest, info.versions]
  );
  if (!loaded) {
    return <p className="pf-Note">Reading…</p>;
  }
  if ('problem' in loaded) {
    return <Problem>{loaded.problem}</Problem>;
  }
  const numbers =
    versions && 'value' in versions ? versions.value.map(each => each.number) : [shown];
  return (
    <VersionDetails
      lab={lab}
      version={loaded.value}
      choice={
        numbers.length > 1 && (
          <label className="pf-Inline">
            Version
            <select value={shown} onChange={event => want(Number(event.target.value))}>
              {numbers.map(each => (
                <option key={each} value={each}>
                  {each === info.latest ? `${each} (newest)` : each}
                </option>
              ))}
            </select>
          </label>
        )
      }
    />
  );
}

function VersionDetails(props: {
  lab: Lab;
  version: Version;
  choice: React.ReactNode;
}): JSX.Element {
  const { lab, version, choice } = props;
  const files = [...descriptions(version)];
  const [chosen, choose] = React.useState<string | null>(null);
  const [problem, tell] = React.useState<string | null>(null);
  const [file, description] = files.find(([name]) => name === chosen) ?? files[0] ?? ['', {}];
  const ref = `${version.name}@${version.number}`;
  const address = lab.datasets.requests.connection.address(
    `${path('versions', version.id, 'files')}${filePath(file)}`
  );
  const remove = async () => {
    const body = 'All its versions are deleted. Jobs and reports that were made from it stay.';
    if (await lab.confirm(`Delete the dataset ${version.name}?`, body, 'Delete')) {
      await lab.datasets.delete(version.name).catch(error => tell(said(error)));
    }
  };
  return (
    <>
      <div className="pf-Actions">
        <Button
          icon="insert"
          label="Insert into notebook"
          look="accept"
          onClick={() => lab.insert(ref, files.length > 1 ? file : undefined)}
        />
        <Button icon="flask" label="Discover a law" onClick={() => lab.start(ref)} />
      </div>
      {problem && <Problem onClose={() => tell(null)}>{problem}</Problem>}
      {version.description && <p className="pf-Text">{version.description}</p>}
      {version.tags.length > 0 && (
        <ul className="pf-Tags" aria-label="Tags">
          {version.tags.map(tag => (
            <li key={tag}>{tag}</li>
          ))}
        </ul>
      )}
      {(choice || files.length > 1) && (
        <div className="pf-Choices">
          {choice}
          {files.length > 1 && (
            <label className="pf-Inline">
              File
              <select value={file} onChange={event => choose(event.target.value)}>
                {files.map(([name]) => (
                  <option key={name}>{name}</option>
                ))}
              </select>
            </label>
          )}
        </div>
      )}
      {file && <PreviewOf requests={lab.datasets.requests} version={version} file={file} />}
      <Contents description={description} />
      <p className="pf-Note">
        {[
          description.format,
          size(version.size),
          count(version.files.length, 'file'),
          moment(version.created)
        ]
          .filter(part => part)
          .join(' · ')}
      </p>
      <div className="pf-Actions">
        {file && <LinkButton icon="download" label="Download" href={address} download />}
        <Button icon="trash" label="Delete" onClick={() => void remove()} />
      </div>
    </>
  );
}

/** Axes with their ranges, variables with their shapes, and what the reader had to say. */
function Contents({ description }: { description: Description }): JSX.Element {
  const { axes = [], variables = [], notes = [] } = description;
  return (
    <>
      {variables.length > 0 && (
        <table className="pf-Table">
          <caption>Variables</caption>
          <tbody>
            {variables.map(variable => (
              <tr key={variable.name}>
                <th scope="row">{variable.name}</th>
                <td>
                  ({variable.dims.join(', ')}) {variable.shape.join(' × ')}
                  {variable.missing > 0 && ` · ${variable.missing} missing`}
                </td>
                <td>{variable.units ?? ''}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {axes.length > 0 && (
        <table className="pf-Table">
          <caption>Coordinates</caption>
          <tbody>
            {axes.map(axis => (
              <tr key={axis.name}>
                <th scope="row">{axis.name}</th>
                <td>
                  {axis.start === null || axis.stop === null
                    ? ''
                    : `${number(axis.start)} … ${number(axis.stop)} · `}
                  {count(axis.size, 'point')}
                </td>
                <td>{axis.units ?? ''}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {notes.map(note => (
        <p key={note} className="pf-Note">
          {note}
        </p>
      ))}
    </>
  );
}
