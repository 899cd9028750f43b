/** A law in TeX, each coefficient with its standard error: `-(1.000 \pm 0.003)\,u\,u_{x}`. */

import type { Discovery } from '../service/records';

const FACTOR = /^([A-Za-z])(?:_([A-Za-z0-9]+))?(?:\^(\d+))?$/;

/** The law with its standard errors; as the result spells it, where a term is more than a product. */
export function texOf(found: Discovery): string {
  const lines: string[] = [];
  for (const [left, terms] of Object.entries(found.terms)) {
    const side = productOf(left);
    let right = '';
    for (const [term, value] of Object.entries(terms)) {
      const product = term === '1' ? '' : productOf(term);
      const error = found.standard_errors?.[left]?.[term];
      if (
        product === null ||
        typeof value !== 'number' ||
        typeof error !== 'number' ||
        !Number.isFinite(value)
      ) {
        return found.latex;
      }
      right += value < 0 ? (right ? ' - ' : '-') : right ? ' + ' : '';
      right += measured(Math.abs(value), error) + (product && `\\,${product}`);
    }
    if (side === null) {
      return found.latex;
    }
    lines.push(`${side} = ${right || '0'}`);
  }
  return lines.length === 1
    ? lines[0]
    : `\\begin{aligned} ${lines.map(line => line.replace(' = ', ' &= ')).join(' \\\\ ')} \\end{aligned}`;
}

/** `u^2*u_xx` as `u^{2}\,u_{xx}`; null for what is no such product. */
function productOf(term: string): string | null {
  const factors: string[] = [];
  for (const factor of term.split('*')) {
    const parts = FACTOR.exec(factor);
    if (!parts) {
      return null;
    }
    const [, name, subscript, power] = parts;
    factors.push(name + (subscript ? `_{${subscript}}` : '') + (power ? `^{${power}}` : ''));
  }
  return factors.join('\\,');
}

/** A size and its standard error, which keeps one digit, or two if it begins with 1. */
function measured(size: number, error: number): string {
  if (!(error > size * 1e-9) || !Number.isFinite(error)) {
    return scaled(Number(size.toPrecision(10)).toString());
  }
  const [digit, exponent] = error.toExponential(0).split('e');
  const place = Number(exponent) - (digit === '1' ? 1 : 0);
  const top = Math.max(size > 0 ? Math.floor(Math.log10(size)) : place, Number(exponent));
  // Beyond what reads well in full, both in units of a power of ten.
  const power = top >= -5 && top < 6 && place >= -9 && place <= 0 ? 0 : top;
  const digits = Math.min(15, Math.max(0, power - place));
  const [shown, spread] = [size, error].map(one => (one / 10 ** power).toFixed(digits));
  return `(${shown} \\pm ${spread})` + (power ? `\\times10^{${power}}` : '');
}

const scaled = (text: string): string => text.replace(/e\+?(-?\d+)$/, '\\times10^{$1}');
