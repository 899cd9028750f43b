/** The small parts that every view is put together from. */

import * as React from 'react';

const PATHS = {
  upload: 'M12 4l5 5-1.4 1.4L13 7.8V16h-2V7.8l-2.6 2.6L7 9l5-5zM5 18h14v2H5z',
  search: 'M10 4a6 6 0 014.7 9.7l5 5-1.4 1.4-5-5A6 6 0 1110 4zm0 2a4 4 0 100 8 4 4 0 000-8z',
  chevron: 'M9 6l6 6-6 6-1.4-1.4L12.2 12 7.6 7.4z',
  close:
    'M6.4 5L12 10.6 17.6 5 19 6.4 13.4 12l5.6 5.6-1.4 1.4-5.6-5.6L6.4 19 5 17.6l5.6-5.6L5 6.4z',
  insert:
    'M4 4h16v9h-2V6H6v12h7v2H4V4zm4 4h8v2H8V8zm0 4h5v2H8v-2zm10 3h2v3h3v2h-3v3h-2v-3h-3v-2h3v-3z',
  flask:
    'M9 3h6v2h-1v4.6l5.6 9A1.6 1.6 0 0118.2 21H5.8a1.6 1.6 0 01-1.4-2.4l5.6-9V5H9V3zm3 7.6L9.5 15h5L12 10.6z',
  report: 'M6 3h9l4 4v14H6V3zm2 2v14h9V8h-3V5H8zm2 5h5v2h-5v-2zm0 4h5v2h-5v-2z',
  stop: 'M12 3a9 9 0 110 18 9 9 0 010-18zm0 2a7 7 0 100 14 7 7 0 000-14zM9 9h6v6H9V9z',
  download: 'M11 4h2v8.2l2.6-2.6L17 11l-5 5-5-5 1.4-1.4 2.6 2.6V4zM5 18h14v2H5z',
  trash: 'M9 4h6l1 1h4v2H4V5h4l1-1zM6 8h12l-1 13H7L6 8zm2.2 2l.6 9h6.4l.6-9H8.2z',
  open: 'M14 4h6v6h-2V7.4l-7.3 7.3-1.4-1.4L16.6 6H14V4zM5 6h6v2H7v9h9v-4h2v6H5V6z',
  play: 'M8 5l11 7-11 7z',
  retry: 'M12 5a7 7 0 016.7 5H16l4 4 4-4h-3.2A9 9 0 104.5 17l1.6-1.2A7 7 0 0112 5z',
  copy: 'M8 3h12v14h-4v4H4V7h4V3zm2 4h6v8h2V5h-8v2zM6 9v10h8V9H6z'
} as const;

export function Icon({ name }: { name: keyof typeof PATHS }): JSX.Element {
  return (
    <svg className="pf-Icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
      <path d={PATHS[name]} />
    </svg>
  );
}

interface ButtonProps {
  icon?: keyof typeof PATHS;
  /** What it does, in words; beside the icon, or only read aloud and shown as a tip when `bare`. */
  label: string;
  onClick: () => void;
  look?: 'accept' | 'warn' | 'plain';
  bare?: boolean;
  disabled?: boolean;
  submit?: boolean;
  tip?: string;
}

export function Button(props: ButtonProps): JSX.Element {
  const { icon, label, onClick, look = 'plain', bare = false, disabled, submit, tip } = props;
  return (
    <button
      type={submit ? 'submit' : 'button'}
      className={`pf-Button pf-mod-${look}${bare ? ' pf-mod-bare' : ''}`}
      title={tip ?? (bare ? label : undefined)}
      aria-label={bare ? label : undefined}
      disabled={disabled}
      onClick={submit ? undefined : onClick}
    >
      {icon && <Icon name={icon} />}
      {!bare && <span>{label}</span>}
    </button>
  );
}

export function LinkButton(props: {
  icon: keyof typeof PATHS;
  label: string;
  href: string;
  download?: boolean;
}): JSX.Element {
  const { icon, label, href, download } = props;
  const more = download ? { download: '' } : { target: '_blank', rel: 'noopener noreferrer' };
  return (
    <a className="pf-Button pf-mod-plain" href={href} {...more}>
      <Icon name={icon} />
      <span>{label}</span>
    </a>
  );
}

/** How far something is: `fraction` from 0 to 1, or null where nobody knows. */
export function Progress({
  fraction,
  label
}: {
  fraction: number | null;
  label: string;
}): JSX.Element {
  const percent =
    fraction === null ? undefined : Math.round(100 * Math.min(1, Math.max(0, fraction)));
  return (
    <div
      className={`pf-Progress${percent === undefined ? ' pf-mod-unknown' : ''}`}
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={percent}
    >
      <div
        className="pf-Progress-bar"
        style={percent === undefined ? undefined : { width: `${percent}%` }}
      />
    </div>
  );
}

/** A sentence that something went wrong, read aloud when it appears. */
export function Problem(props: {
  children: string;
  onRetry?: () => void;
  onClose?: () => void;
}): JSX.Element {
  return (
    <div className="pf-Problem" role="alert">
      <span>{props.children}</span>
      {props.onRetry && <Button label="Try again" icon="retry" bare onClick={props.onRetry} />}
      {props.onClose && <Button label="Dismiss" icon="close" bare onClick={props.onClose} />}
    </div>
  );
}

/** What to do where there is nothing yet. */
export function Empty({
  title,
  children
}: React.PropsWithChildren<{ title: string }>): JSX.Element {
  return (
    <div className="pf-Empty">
      <div className="pf-Empty-title">{title}</div>
      <div>{children}</div>
    </div>
  );
}

/** A row of a list that opens to show more. */
export function Fold(props: {
  open: boolean;
  onToggle: () => void;
  label: string;
  head: React.ReactNode;
  children: React.ReactNode;
}): JSX.Element {
  const id = React.useId();
  return (
    <li className={`pf-Fold${props.open ? ' pf-mod-open' : ''}`}>
      <button
        type="button"
        className="pf-Fold-head"
        aria-expanded={props.open}
        aria-controls={id}
        aria-label={props.label}
        onClick={props.onToggle}
      >
        <Icon name="chevron" />
        <div className="pf-Fold-text">{props.head}</div>
      </button>
      {props.open && (
        <div className="pf-Fold-body" id={id} role="region" aria-label={props.label}>
          {props.children}
        </div>
      )}
    </li>
  );
}
