/** A first look at a version's numbers: a map over two axes, or a line over one. */

import * as React from 'react';

import type { Version } from '../service/records';
import { Requests, path } from '../service/requests';
import { number } from '../wording';
import { useLoaded } from './lab';

interface Preview {
  variables: PreviewVariable[];
}

export interface PreviewVariable {
  variable: string;
  part: string;
  dims: string[];
  /** The least and the greatest number of the whole variable, most of which is not shown. */
  range: [number, number] | null;
  /** Where along the axes that are not shown. */
  at: Record<string, number | null>;
  units: string;
  coords: Record<string, number[]>;
  values: unknown;
}

/** Viridis, at nine places; it reads alike on light and dark, in print, and to the colour-blind. */
const COLOURS = [
  '440154',
  '472d7b',
  '3b528b',
  '2c728e',
  '21918c',
  '28ae80',
  '5ec962',
  'addc30',
  'fde725'
].map(hex => [0, 2, 4].map(at => parseInt(hex.slice(at, at + 2), 16)));

export function colour(share: number): [number, number, number] {
  const place = Math.min(1, Math.max(0, share)) * (COLOURS.length - 1);
  const low = Math.min(COLOURS.length - 2, Math.floor(place));
  const mix = (channel: number) =>
    Math.round(
      COLOURS[low][channel] + (place - low) * (COLOURS[low + 1][channel] - COLOURS[low][channel])
    );
  return [mix(0), mix(1), mix(2)];
}

/** The numbers as rows; a single row for one axis, the first slice of what has more than two. */
export function gridOf(variable: PreviewVariable): { rows: number[][]; dims: string[] } | null {
  let values = variable.values;
  const long = variable.dims.filter(name => (variable.coords[name]?.length ?? 0) > 1);
  const squeeze = (nested: unknown, dims: string[]): unknown =>
    dims.length === 0
      ? nested
      : (variable.coords[dims[0]]?.length ?? 0) > 1
        ? (nested as unknown[]).map(each => squeeze(each, dims.slice(1)))
        : squeeze((nested as unknown[])[0], dims.slice(1));
  try {
    values = squeeze(values, variable.dims);
  } catch {
    return null;
  }
  const real = (value: unknown) => (typeof value === 'number' ? value : NaN);
  if (long.length === 1) {
    return { rows: [(values as unknown[]).map(real)], dims: long };
  }
  if (long.length === 2) {
    return { rows: (values as unknown[][]).map(row => row.map(real)), dims: long };
  }
  return null;
}

/** What a picture shows, in words: the range of the whole variable, and where it was cut. */
export function captionOf({ variable, part, range, units, at }: PreviewVariable): string {
  const name = part === 'absolute value' ? `|${variable}|` : variable;
  const [least, most] = range ?? [NaN, NaN];
  const cut = Object.entries(at).map(([axis, place]) => `${axis} = ${number(place ?? NaN)}`);
  const shown = cut.length ? `; shown at ${cut.join(', ')}` : '';
  return `${name} from ${number(least)} to ${number(most)}${units && ` ${units}`}${shown}`;
}

export function PreviewOf(props: {
  requests: Requests;
  version: Version;
  file: string;
}): JSX.Element | null {
  const { requests, version, file } = props;
  const loaded = useLoaded(
    () =>
      requests.json<Preview>(
        `${path('versions', version.id, 'preview')}?file=${encodeURIComponent(file)}`
      ),
    [version.id, file]
  );
  if (!loaded) {
    return <div className="pf-Preview pf-mod-waiting" aria-hidden="true" />;
  }
  if ('problem' in loaded) {
    return <p className="pf-Note">{loaded.problem}</p>;
  }
  const drawn = loaded.value.variables.filter(variable => gridOf(variable)).slice(0, 3);
  return (
    <>
      {drawn.map(variable => (
        <Picture key={variable.variable} variable={variable} />
      ))}
    </>
  );
}

function Picture({ variable }: { variable: PreviewVariable }): JSX.Element | null {
  const { range } = variable;
  const grid = React.useMemo(() => gridOf(variable), [variable]);
  if (!grid || !range) {
    return null;
  }
  const caption = captionOf(variable);
  const [down, across] = grid.dims.length === 2 ? grid.dims : ['', grid.dims[0]];
  return (
    <figure className="pf-Preview">
      {grid.rows.length > 1 ? (
        <HeatMap rows={grid.rows} range={range} label={`${caption}, over ${across} and ${down}`} />
      ) : (
        <Line row={grid.rows[0]} range={range} label={`${caption}, over ${across}`} />
      )}
      <figcaption>
        <span>{caption}</span>
        <span>{down ? `${across} → · ${down} ↑` : `${across} →`}</span>
      </figcaption>
    </figure>
  );
}

function HeatMap(props: { rows: number[][]; range: [number, number]; label: string }): JSX.Element {
  const { rows, range, label } = props;
  const canvas = React.useRef<HTMLCanvasElement>(null);
  React.useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) {
      return;
    }
    const image = context.createImageData(rows[0].length, rows.length);
    const span = range[1] - range[0] || 1;
    rows.forEach((row, i) =>
      row.forEach((value, j) => {
        const at = 4 * ((rows.length - 1 - i) * row.length + j);
        if (Number.isFinite(value)) {
          image.data.set([...colour((value - range[0]) / span), 255], at);
        }
      })
    );
    context.putImageData(image, 0, 0);
  }, [rows, range]);
  return (
    <canvas
      ref={canvas}
      role="img"
      aria-label={label}
      width={rows[0].length}
      height={rows.length}
    />
  );
}

function Line({
  row,
  range,
  label
}: {
  row: number[];
  range: [number, number];
  label: string;
}): JSX.Element {
  const span = range[1] - range[0] || 1;
  let pen = 'M';
  const d = row
    .map((value, j) => {
      if (!Number.isFinite(value)) {
        pen = 'M';
        return '';
      }
      const x = (100 * j) / Math.max(1, row.length - 1);
      const point = `${pen}${x.toFixed(2)},${(38 - (36 * (value - range[0])) / span).toFixed(2)}`;
      pen = 'L';
      return point;
    })
    .join('');
  return (
    <svg role="img" aria-label={label} viewBox="0 0 100 40" preserveAspectRatio="none">
      <path d={d} />
    </svg>
  );
}
