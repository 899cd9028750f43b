/** A React component as a widget of JupyterLab. */

import { ReactWidget } from '@jupyterlab/ui-components';
import * as React from 'react';

export function drawn<P extends object>(component: React.ComponentType<P>, props: P): ReactWidget {
  const widget = ReactWidget.create(React.createElement(component, props));
  widget.addClass('pf-Widget');
  return widget;
}
