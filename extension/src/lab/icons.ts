/** PhysForge's sign: measured points, and the curve through them. */

import { LabIcon } from '@jupyterlab/ui-components';

export const physforgeIcon = new LabIcon({
  name: 'physforge:sign',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">
  <g class="jp-icon3" fill="#616161">
  <path d="M4 42.6 C13 7 25 4 35 31.6 C42 51 50 49 55.5 20.6 L61 21.8 C54.5 56 40.5 60 29.6 33.6 C22 14 17 17 9.6 44 Z"/>
  <circle cx="8" cy="24" r="4.4"/><circle cx="35" cy="12" r="4.4"/><circle cx="28" cy="52" r="4.4"/>
  <circle cx="58" cy="48" r="4.4"/></g></svg>`
});

export const physforgeCardIcon = new LabIcon({
  name: 'physforge:card',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">
  <rect width="64" height="64" rx="12" fill="#17324d"/>
  <path d="M8 40 C16 14 24 14 32 32 S48 52 56 24" fill="none" stroke="#ffb454" stroke-width="5"
    stroke-linecap="round"/>
  <g fill="#e8eef4"><circle cx="9" cy="34" r="2.2"/><circle cx="16" cy="26" r="2.2"/><circle cx="24" cy="16" r="2.2"/>
  <circle cx="31" cy="36" r="2.2"/><circle cx="40" cy="39" r="2.2"/><circle cx="48" cy="44" r="2.2"/>
  <circle cx="55" cy="31" r="2.2"/></g></svg>`
});

export const dashboardCardIcon = new LabIcon({
  name: 'physforge:dashboard',
  svgstr: `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 64 64">
  <rect width="64" height="64" rx="12" fill="#17324d"/>
  <path d="M12 50 V14 M12 50 H54" fill="none" stroke="#e8eef4" stroke-width="3" stroke-linecap="round"/>
  <path d="M18 44 L28 32 L38 37 L52 18" fill="none" stroke="#ffb454" stroke-width="5" stroke-linecap="round"
    stroke-linejoin="round"/></svg>`
});
