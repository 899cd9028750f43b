import { codeToOpen, python } from '../src/lab/code';
import type { Job } from '../src/service/records';
import { ago, duration, interval, number, size, titleOf } from '../src/wording';

describe('code for notebooks', () => {
  it('opens a dataset, and one file of several', () => {
    expect(codeToOpen('burgers@1')).toBe(
      'import physforge_kernel as pf\n\nfield = pf.connect().datasets.open("burgers@1")\nfield'
    );
    expect(codeToOpen('runs@2', 'a.csv')).toContain('.open("runs@2", "a.csv")');
  });

  it('is one string literal, whatever a file is called', () => {
    expect(python('a"+evil()+"\\\n\u202ex.csv')).toBe(
      '"a\\"+evil()+\\"\\\\\\U0000000a\\U0000202ex.csv"'
    );
    expect(python('größe')).toBe('"größe"');
  });
});

describe('words', () => {
  it('size things in decimal units', () => {
    expect([532, 3_400_000, 999_999].map(size)).toEqual(['532 B', '3.4 MB', '1.0 MB']);
  });

  it('tell times', () => {
    expect([7.4, 65, 3725].map(duration)).toEqual(['7 s', '1 min 05 s', '1 h 02 min']);
    const now = Date.parse('2026-11-22T12:00:00Z');
    expect(ago('2026-11-22T11:57:00Z', now)).toBe('3 min ago');
    expect(ago('2026-11-22T09:00:00Z', now)).toBe('3 h ago');
  });

  it('write numbers with their uncertainty and no more digits than that allows', () => {
    expect(interval(-1.00312, 0.0007)).toBe('−1.00312 ± 0.00070');
    expect(interval(0.1, null)).toBe('0.1');
    expect([0.1 + 0.2, 123456, -0.00001].map(number)).toEqual(['0.3', '1.235e+5', '−1e−5']);
  });

  it('call a job by its name, its data, or the job that it reports on', () => {
    const job = (more: object) =>
      ({ id: 'job-1', kind: 'discover', name: '', inputs: {}, config: {}, ...more }) as Job;
    const found = job({ inputs: { field: 'wake@3' } });
    expect(titleOf(found)).toBe('wake@3');
    expect(titleOf(job({ name: 'mine' }))).toBe('mine');
    expect(titleOf(job({ kind: 'report', config: { job: 'job-1' } }), () => found)).toBe(
      'Report on wake@3'
    );
  });
});
