/** PhysForge in JupyterLab: a side panel with datasets and jobs, forms that start jobs, and reports in tabs. */

import { ILayoutRestorer, JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import {
  Dialog,
  ICommandPalette,
  MainAreaWidget,
  WidgetTracker,
  showDialog
} from '@jupyterlab/apputils';
import { ILauncher } from '@jupyterlab/launcher';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IRenderMimeRegistry } from '@jupyterlab/rendermime';

import { CATEGORY, Commands, addCommands, addToPalette, announce } from './lab/commands';
import { connectionOf } from './lab/connection';
import { WorkspacePanel } from './lab/panel';
import { DatasetsModel } from './model/datasets';
import { JobsModel } from './model/jobs';
import { Reports } from './model/reports';
import { Requests } from './service/requests';
import type { Lab } from './view/lab';

const plugin: JupyterFrontEndPlugin<void> = {
  id: 'physforge-lab:plugin',
  description: 'Datasets, jobs and reports of PhysForge.',
  autoStart: true,
  requires: [INotebookTracker, IRenderMimeRegistry],
  optional: [ICommandPalette, ILauncher, ILayoutRestorer],
  activate: (
    app: JupyterFrontEnd,
    notebooks: INotebookTracker,
    rendermime: IRenderMimeRegistry,
    palette: ICommandPalette | null,
    launcher: ILauncher | null,
    restorer: ILayoutRestorer | null
  ) => {
    const requests = new Requests(connectionOf(app.serviceManager.serverSettings));
    const jobs = new JobsModel(requests);
    const lab: Lab = {
      datasets: new DatasetsModel(requests),
      jobs,
      reports: new Reports(requests, jobs),
      insert: (dataset, file) =>
        void app.commands.execute(Commands.insert, { dataset, ...(file ? { file } : {}) }),
      start: dataset => void app.commands.execute(Commands.start, dataset ? { dataset } : {}),
      showJob: job => void app.commands.execute(Commands.job, { job: job.id }),
      showReport: job =>
        void app.commands.execute(Commands.report, {
          job: job.kind === 'report' ? String(job.config.job) : job.id
        }),
      showPage: (job, artifact) =>
        void app.commands.execute(Commands.page, { job: job.id, artifact }),
      confirm: async (title, body, action) => {
        const buttons = [Dialog.cancelButton(), Dialog.warnButton({ label: action })];
        return (await showDialog({ title, body, buttons })).button.accept;
      },
      typeset: element => rendermime.latexTypesetter?.typeset(element)
    };

    const panel = new WorkspacePanel(lab);
    const tabs = new WidgetTracker<MainAreaWidget>({ namespace: 'physforge' });
    addCommands(app, lab, panel.id, notebooks, tabs);
    announce(app, lab);
    app.shell.add(panel, 'left', { rank: 150 });
    restorer?.add(panel, panel.id);
    if (restorer) {
      void restorer.restore(tabs, {
        command: Commands.restore,
        args: widget => ({ id: widget.id }),
        name: widget => widget.id
      });
    }
    if (palette) {
      addToPalette(palette);
    }
    [Commands.start, Commands.dashboard].forEach((command, rank) =>
      launcher?.add({ command, category: CATEGORY, rank, args: { isLauncher: true } })
    );
  }
};

export default plugin;
