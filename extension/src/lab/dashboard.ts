/** The discovery dashboard, which Voila shows from this same Jupyter server. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import { IFrame, MainAreaWidget, showErrorMessage } from '@jupyterlab/apputils';
import { PageConfig, URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

type Tab = (id: string, title: string, make: () => MainAreaWidget) => MainAreaWidget;

/** Show the dashboard in a tab; say what to do where it is not to be had. */
export async function showDashboard(app: JupyterFrontEnd, tab: Tab): Promise<void> {
  const { serverSettings } = app.serviceManager;
  const address = URLExt.join(serverSettings.baseUrl, 'physforge', 'dashboards', 'discovery');
  const answer = await ServerConnection.makeRequest(
    URLExt.join(serverSettings.baseUrl, 'voila', 'static', 'voila.js'),
    { method: 'HEAD' },
    serverSettings
  ).catch(() => null);
  if (!answer?.ok) {
    await showErrorMessage(
      'The dashboard cannot be shown',
      'Voila, which serves it, is not installed beside this server: pip install "physforge[dashboards]".'
    );
    return;
  }
  if (PageConfig.getOption('hubUser')) {
    window.open(address, '_blank', 'noopener'); // a hub's servers forbid frames: a browser tab it is
    return;
  }
  tab('physforge-dashboard', 'Discovery dashboard', () => {
    // Voila's page runs kernels of this server, as the notebook itself would: it needs this origin.
    const frame = new IFrame({
      sandbox: [
        'allow-same-origin',
        'allow-scripts',
        'allow-downloads',
        'allow-forms',
        'allow-popups'
      ]
    });
    frame.url = address;
    return new MainAreaWidget({ content: frame });
  });
}
