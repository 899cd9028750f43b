/** Code for notebooks, and the way it gets into one. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { INotebookTracker, NotebookActions, NotebookPanel } from '@jupyterlab/notebook';

import { codeToOpen } from './code';

/** Put the code that opens a dataset below the active cell of the active notebook; make one if none is open. */
export async function insertDataset(
  app: JupyterFrontEnd,
  tracker: INotebookTracker,
  ref: string,
  file?: string
): Promise<void> {
  const panel = tracker.currentWidget ?? (await newNotebook(app));
  await panel.context.ready;
  const notebook = panel.content;
  const active = notebook.activeCell?.model;
  // An empty code cell, such as a new notebook's first, is filled rather than left above.
  if (!(active?.type === 'code' && active.sharedModel.getSource().trim() === '')) {
    NotebookActions.insertBelow(notebook);
    NotebookActions.changeCellType(notebook, 'code');
  }
  notebook.activeCell?.model.sharedModel.setSource(codeToOpen(ref, file));
  app.shell.activateById(panel.id);
  notebook.activate();
}

async function newNotebook(app: JupyterFrontEnd): Promise<NotebookPanel> {
  return (await app.commands.execute('notebook:create-new', {
    kernelName: 'physforge'
  })) as NotebookPanel;
}
