/** The law that a discovery found: typeset, with its coefficients, and how sure one may be. */

import * as React from 'react';

import type { Discovery } from '../service/records';
import { interval, sentence } from '../wording';
import type { Lab } from './lab';
import { texOf } from './tex';

export function Law({ lab, found }: { lab: Lab; found: Discovery }): JSX.Element {
  // Where the data settle no law, the best of what was tried is none.
  const settled = found.verdict.kind !== 'not identifiable';
  return (
    <section className="pf-Law" aria-label={settled ? 'The law found' : 'No law was found'}>
      {settled && <Formula lab={lab} found={found} />}
      <p className={`pf-Verdict pf-mod-${found.verdict.kind.replace(/ /g, '-')}`}>
        <strong>{found.verdict.kind}</strong> {sentence(found.verdict.text)}
      </p>
      {found.notes?.length > 0 && (
        <ul className="pf-Notes">
          {found.notes.map(note => (
            <li key={note}>{note}</li>
          ))}
        </ul>
      )}
      {settled && <Coefficients found={found} />}
    </section>
  );
}

function Formula({ lab, found }: { lab: Lab; found: Discovery }): JSX.Element {
  const formula = React.useRef<HTMLDivElement>(null);
  const tex = texOf(found);
  React.useEffect(() => {
    const element = formula.current;
    if (element) {
      element.textContent = `$$${tex}$$`;
      lab.typeset(element);
    }
  }, [tex]);
  return (
    <div
      className="pf-Formula"
      ref={formula}
      role="math"
      aria-label={found.equation}
      tabIndex={0}
    />
  );
}

function Coefficients({ found }: { found: Discovery }): JSX.Element {
  const rows = Object.entries(found.terms).flatMap(([left, terms]) =>
    Object.entries(terms).map(([term, value]) => ({ left, term, value }))
  );
  const several = Object.keys(found.terms).length > 1;
  return (
    <table className="pf-Table">
      <caption>Coefficients, ± one standard error</caption>
      <tbody>
        {rows.map(({ left, term, value }) => (
          <tr key={`${left} ${term}`}>
            <th scope="row">{several ? `${left}: ${term}` : term}</th>
            <td>
              {typeof value === 'number'
                ? interval(value, errorOf(found, left, term))
                : typeof value === 'string'
                  ? value
                  : JSON.stringify(value)}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function errorOf(found: Discovery, left: string, term: string): number | null {
  const error = found.standard_errors?.[left]?.[term];
  return typeof error === 'number' ? error : null;
}
