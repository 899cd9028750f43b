/** The list of datasets: searched, added to by drop and by button, each opened to see what it holds. */

import * as React from 'react';

import type { Upload } from '../model/datasets';
import { fromDrop, fromFiles, holdsFiles } from '../service/parcels';
import { ago, size } from '../wording';
import { DatasetDetails } from './dataset';
import { Lab, useChanges } from './lab';
import { Button, Empty, Fold, Icon, Problem, Progress } from './parts';

export function Datasets({ lab }: { lab: Lab }): JSX.Element {
  const model = lab.datasets;
  const [open, setOpen] = React.useState<string | null>(null);
  const [over, setOver] = React.useState(false);
  const [dropped, tell] = React.useState<string | null>(null);
  useChanges(model.changed);
  const drop = async (event: React.DragEvent) => {
    event.preventDefault();
    setOver(false);
    try {
      await model.upload(await fromDrop(event.dataTransfer));
    } catch (error) {
      tell(`What was dropped could not be read: ${(error as Error).message}`);
    }
  };
  return (
    <div
      className={`pf-Section${over ? ' pf-mod-over' : ''}`}
      onDragOver={event => {
        if (holdsFiles(event.dataTransfer)) {
          event.preventDefault();
          event.dataTransfer.dropEffect = 'copy';
          setOver(true);
        }
      }}
      onDragLeave={event => {
        if (!event.currentTarget.contains(event.relatedTarget as Node | null)) {
          setOver(false);
        }
      }}
      onDrop={event => void drop(event)}
    >
      <div className="pf-Bar">
        <Search text={model.search} onChange={text => (model.search = text)} />
        <UploadButton onFiles={files => void model.upload(fromFiles(files))} />
      </div>
      {dropped && <Problem onClose={() => tell(null)}>{dropped}</Problem>}
      {model.problem && <Problem onRetry={() => void model.refresh()}>{model.problem}</Problem>}
      {model.uploads.length > 0 && (
        <ul className="pf-Uploads" aria-label="Uploads">
          {model.uploads.map(upload => (
            <UploadRow
              key={upload.key}
              upload={upload}
              onCancel={() => model.cancel(upload.key)}
              onDismiss={() => model.dismiss(upload.key)}
              onRetry={() => void model.retry(upload)}
            />
          ))}
        </ul>
      )}
      {model.items === null ? (
        !model.problem && <p className="pf-Note">Looking for your datasets…</p>
      ) : model.items.length === 0 ? (
        model.search.trim() ? (
          <Empty title="Nothing found">
            No dataset has “{model.search.trim()}” in its name or description.
          </Empty>
        ) : (
          <Empty title="No datasets yet">
            Drop measurements here, or press Upload: CSV, HDF5, NetCDF, NumPy, MATLAB and VTK files
            are read. In a notebook, <code>pf.connect().datasets.upload(field, "wake")</code> does
            the same.
          </Empty>
        )
      ) : (
        <ul className="pf-List" aria-label="Datasets">
          {model.items.map(info => (
            <Fold
              key={info.name}
              open={open === info.name}
              onToggle={() => setOpen(open === info.name ? null : info.name)}
              label={`${info.name}, version ${info.latest}`}
              head={
                <>
                  <span className="pf-Line">
                    <span className="pf-Name">{info.name}</span>
                    <span className="pf-Badge">v{info.latest}</span>
                  </span>
                  <span className="pf-Sub">
                    {size(info.size)} · {ago(info.created)}
                    {info.description && ` · ${info.description}`}
                  </span>
                </>
              }
            >
              <DatasetDetails lab={lab} info={info} />
            </Fold>
          ))}
        </ul>
      )}
      <div className="pf-Drop" aria-hidden="true">
        <Icon name="upload" />
        <span>Drop to upload</span>
      </div>
    </div>
  );
}

function Search({
  text,
  onChange
}: {
  text: string;
  onChange: (text: string) => void;
}): JSX.Element {
  const [typed, type] = React.useState(text);
  React.useEffect(() => {
    if (typed === text) {
      return;
    }
    const timer = setTimeout(() => onChange(typed), 150);
    return () => clearTimeout(timer);
  }, [typed]);
  return (
    <div className="pf-Search">
      <Icon name="search" />
      <input
        type="search"
        placeholder="Search"
        aria-label="Search datasets"
        value={typed}
        onChange={event => type(event.target.value)}
      />
    </div>
  );
}

function UploadButton({ onFiles }: { onFiles: (files: File[]) => void }): JSX.Element {
  const input = React.useRef<HTMLInputElement>(null);
  return (
    <>
      <Button icon="upload" label="Upload" look="accept" onClick={() => input.current?.click()} />
      <input
        ref={input}
        type="file"
        multiple
        hidden
        aria-label="Files to upload"
        onChange={event => {
          onFiles([...(event.target.files ?? [])]);
          event.target.value = '';
        }}
      />
    </>
  );
}

function UploadRow(props: {
  upload: Upload;
  onCancel: () => void;
  onDismiss: () => void;
  onRetry: () => void;
}): JSX.Element {
  const { upload, onCancel, onDismiss, onRetry } = props;
  const { label, sent, state, message } = upload;
  if (state === 'refused') {
    return (
      <li>
        <Problem onClose={onDismiss} onRetry={upload.again && onRetry}>
          {message.includes(label) ? message : `${label}: ${message}`}
        </Problem>
      </li>
    );
  }
  const done = state === 'done';
  const standing = done
    ? message
    : state === 'reading'
      ? 'Sent; reading what it holds…'
      : `${size(sent)} of ${size(upload.size)}`;
  return (
    <li className={`pf-Upload pf-mod-${state}`}>
      <span className="pf-Line">
        <span className="pf-Name">{label}</span>
        <Button
          icon="close"
          label={done ? `Dismiss ${label}` : `Cancel the upload of ${label}`}
          bare
          onClick={done ? onDismiss : onCancel}
        />
      </span>
      {!done && (
        <Progress
          fraction={state === 'reading' ? null : upload.size ? sent / upload.size : null}
          label={`Upload of ${label}`}
        />
      )}
      <span className="pf-Sub" role="status">
        {standing}
      </span>
    </li>
  );
}
