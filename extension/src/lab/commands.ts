/** What can be done, by name: from the palette, the launcher, the panel, and other extensions. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import {
  ICommandPalette,
  MainAreaWidget,
  Notification,
  WidgetTracker,
  showErrorMessage
} from '@jupyterlab/apputils';
import type { INotebookTracker } from '@jupyterlab/notebook';

import { NewJobPage } from '../form/new-job';
import { fromFiles } from '../service/parcels';
import type { Job } from '../service/records';
import { said } from '../service/requests';
import { JobPage } from '../view/job-page';
import type { Lab } from '../view/lab';
import { ArtifactPage, ReportPage } from '../view/report-page';
import { titleOf } from '../wording';
import { showDashboard } from './dashboard';
import { drawn } from './drawn';
import { dashboardCardIcon, physforgeCardIcon, physforgeIcon } from './icons';
import { insertDataset } from './notebook';

export const CATEGORY = 'PhysForge';

const FORM = 'physforge-new-job';
const JOB = 'physforge-job-';
const REPORT = 'physforge-report-';
const PAGE = 'physforge-page-';

export const Commands = {
  show: 'physforge:show-panel',
  upload: 'physforge:upload',
  start: 'physforge:start-job',
  job: 'physforge:open-job',
  report: 'physforge:open-report',
  page: 'physforge:open-page',
  insert: 'physforge:insert-dataset',
  dashboard: 'physforge:open-dashboard',
  restore: 'physforge:restore-tab'
} as const;

export function addCommands(
  app: JupyterFrontEnd,
  lab: Lab,
  panel: string,
  notebooks: INotebookTracker,
  tabs: WidgetTracker<MainAreaWidget>
): void {
  const { commands, shell } = app;

  const tab = (id: string, title: string, make: () => MainAreaWidget) => {
    const known = tabs.find(widget => widget.id === id);
    const widget = known ?? make();
    if (!known) {
      widget.id = id;
      widget.title.label = title;
      widget.title.icon = physforgeIcon;
      widget.title.closable = true;
      shell.add(widget, 'main');
      void tabs.add(widget);
    }
    shell.activateById(id);
    return widget;
  };

  commands.addCommand(Commands.show, {
    label: 'Show Datasets and Jobs',
    caption: 'Show the panel of datasets and jobs',
    icon: physforgeIcon,
    execute: () => shell.activateById(panel)
  });

  commands.addCommand(Commands.upload, {
    label: 'Upload Datasets…',
    caption: 'Choose files of measurements to upload, each as a dataset',
    execute: async () => {
      shell.activateById(panel);
      await lab.datasets.upload(fromFiles(await chosenFiles()));
    }
  });

  commands.addCommand(Commands.start, {
    label: args => (args.isLauncher ? 'Discover a law' : 'Discover a Law…'),
    caption: 'Find the differential equation behind a dataset',
    icon: args => (args.isPalette ? undefined : physforgeCardIcon),
    execute: args => {
      const dataset = typeof args.dataset === 'string' ? args.dataset : undefined;
      tabs.find(widget => widget.id === FORM)?.dispose();
      const opened = tab(FORM, 'Discover a law', () => {
        const onStarted = (job: Job) => {
          opened.dispose();
          lab.showJob(job);
        };
        return new MainAreaWidget({ content: drawn(NewJobPage, { lab, dataset, onStarted }) });
      });
      return opened;
    }
  });

  commands.addCommand(Commands.job, {
    label: 'Open a Job',
    caption: 'Show a job in a tab',
    execute: args => {
      const id = String(args.job);
      lab.jobs.follow();
      const opened = tab(`${JOB}${id}`, id, () => {
        return new MainAreaWidget({ content: drawn(JobPage, { lab, id }) });
      });
      lab.jobs.get(id).then(
        job => (opened.title.label = titleOf(job, lab.jobs.find)),
        () => undefined // the page itself says what is wrong
      );
      return opened;
    }
  });

  commands.addCommand(Commands.report, {
    label: 'Open a Report',
    caption: "Show a job's report, rendering it if there is none",
    execute: args => {
      const job = String(args.job);
      const opened: MainAreaWidget = tab(`${REPORT}${job}`, 'Report', () => {
        const onTitle = (title: string) => {
          opened.title.label = title;
        };
        return new MainAreaWidget({ content: drawn(ReportPage, { lab, job, onTitle }) });
      });
      return opened;
    }
  });

  commands.addCommand(Commands.page, {
    label: 'Open a Page of a Job',
    caption: 'Show a web page that a job left behind',
    execute: args => {
      const [job, artifact] = [String(args.job), String(args.artifact)];
      return tab(`${PAGE}${job}/${artifact}`, artifact, () => {
        return new MainAreaWidget({ content: drawn(ArtifactPage, { lab, job, artifact }) });
      });
    }
  });

  commands.addCommand(Commands.insert, {
    label: 'Insert a Dataset into the Notebook',
    caption: 'Insert the code that opens a dataset',
    execute: async args => {
      const file = typeof args.file === 'string' ? args.file : undefined;
      try {
        await insertDataset(app, notebooks, String(args.dataset), file);
      } catch (error) {
        await showErrorMessage('The dataset was not inserted', said(error));
      }
    }
  });

  commands.addCommand(Commands.dashboard, {
    label: args => (args.isLauncher ? 'Discovery dashboard' : 'Discovery Dashboard'),
    caption: 'Discover laws without code: pick data, press a button, see the law',
    icon: args => (args.isPalette ? undefined : dashboardCardIcon),
    execute: () => showDashboard(app, tab)
  });

  commands.addCommand(Commands.restore, {
    label: 'Open a Tab of PhysForge Again',
    execute: args => {
      const id = String(args.id);
      if (id.startsWith(JOB)) {
        return commands.execute(Commands.job, { job: id.slice(JOB.length) });
      }
      if (id.startsWith(REPORT)) {
        return commands.execute(Commands.report, { job: id.slice(REPORT.length) });
      }
      if (id.startsWith(PAGE)) {
        const [job, ...artifact] = id.slice(PAGE.length).split('/');
        return commands.execute(Commands.page, { job, artifact: artifact.join('/') });
      }
      return commands.execute(id === FORM ? Commands.start : Commands.dashboard);
    }
  });
}

export function addToPalette(palette: ICommandPalette): void {
  for (const command of [Commands.show, Commands.upload, Commands.start, Commands.dashboard]) {
    palette.addItem({ command, category: CATEGORY, args: { isPalette: true } });
  }
}

/** Tell of a job that ended while nobody looked. */
export function announce(app: JupyterFrontEnd, lab: Lab): void {
  lab.jobs.finished.connect((_, job) => {
    if (job.kind === 'report' || app.shell.currentWidget?.id === `${JOB}${job.id}`) {
      return;
    }
    const show = { label: 'Show', callback: () => lab.showJob(job) };
    if (job.state === 'succeeded') {
      Notification.success(`${titleOf(job, lab.jobs.find)}: ${job.kind} is done.`, {
        autoClose: 8000,
        actions: [show]
      });
    } else if (job.state === 'failed') {
      Notification.error(`${titleOf(job, lab.jobs.find)}: ${job.error ?? 'the job failed.'}`, {
        autoClose: false,
        actions: [show]
      });
    }
  });
}

function chosenFiles(): Promise<File[]> {
  const input = document.createElement('input');
  input.type = 'file';
  input.multiple = true;
  return new Promise(resolve => {
    input.onchange = () => resolve([...(input.files ?? [])]);
    input.addEventListener('cancel', () => resolve([]));
    input.click();
  });
}
