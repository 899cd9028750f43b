/** This page's connection to its own Jupyter server, the only one it has. */

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

import type { Connection } from '../service/requests';

export function connectionOf(settings: ServerConnection.ISettings): Connection {
  const root = URLExt.join(settings.baseUrl, 'physforge', 'api', 'v1');
  return {
    address: path => root + path,
    headers: () => {
      const token = settings.token ? { Authorization: `token ${settings.token}` } : undefined;
      const xsrf = cookie('_xsrf');
      return { ...token, ...(xsrf ? { 'X-XSRFToken': xsrf } : undefined) };
    },
    fetch: (address, init) => ServerConnection.makeRequest(address, init, settings)
  };
}

function cookie(name: string): string | undefined {
  const found = document.cookie.match(`(?:^|;\\s*)${name}=([^;]*)`);
  return found?.[1];
}
