"use strict";(self.rspackChunkphysforge_lab=self.rspackChunkphysforge_lab||[]).push([[700],{475(o,r,e){var p=e(601),t=e.n(p),a=e(314),i=(e.n(a))()(t());i.push([o.id,`/* What every view of PhysForge shares. Colours come from the theme alone, so that light and dark both fit. */

.pf-Panel {
  background: var(--jp-layout-color1);
  color: var(--jp-ui-font-color1);
  font-size: var(--jp-ui-font-size1);
}

.pf-Widget {
  overflow: auto;
  height: 100%;
  background: var(--jp-layout-color1);
  color: var(--jp-ui-font-color1);
  font-family: var(--jp-ui-font-family);
  font-size: var(--jp-ui-font-size1);
  line-height: 1.45;
}

.pf-Widget *,
.pf-Widget *::before {
  box-sizing: border-box;
}

.pf-Widget h2,
.pf-Widget p,
.pf-Widget ul,
.pf-Widget figure,
.pf-Widget dl {
  margin: 0;
  padding: 0;
}

.pf-Widget ul {
  list-style: none;
}

.pf-Widget code,
.pf-Widget pre {
  font-family: var(--jp-code-font-family);
  font-size: var(--jp-code-font-size);
}

.pf-Widget :focus-visible {
  outline: 2px solid var(--jp-brand-color1);
  outline-offset: 1px;
}

.pf-Widget a {
  color: var(--jp-content-link-color);
}

.pf-Icon {
  flex: none;
  width: 16px;
  height: 16px;
  fill: currentcolor;
}

.pf-Text {
  overflow-wrap: anywhere;
  white-space: pre-line;
}

.pf-Note,
.pf-Sub,
.pf-Hint {
  color: var(--jp-ui-font-color2);
  font-size: var(--jp-ui-font-size0);
  overflow-wrap: anywhere;
}

.pf-Section > .pf-Note {
  padding: 8px 12px;
}
`,""]),e.d(r,{},{A:i})},646(o,r,e){var p=e(601),t=e.n(p),a=e(314),i=e.n(a),n=e(475),l=e(764),d=e(749),f=e(90),c=i()(t());c.i(n.A),c.i(l.A),c.i(d.A),c.i(f.A),c.push([o.id,`
`,""]),e.d(r,{},{A:c})},749(o,r,e){var p=e(601),t=e.n(p),a=e(314),i=(e.n(a))()(t());i.push([o.id,`/* The side panel: bars, lists whose rows open, uploads, and what a row shows. */

.pf-Section {
  position: relative;
  display: flex;
  flex-direction: column;
  min-height: 100%;
}

.pf-Bar {
  position: sticky;
  z-index: 1;
  top: 0;
  display: flex;
  align-items: center;
  gap: 8px;
  padding: 8px 12px;
  background: var(--jp-layout-color1);
}

.pf-Search {
  position: relative;
  flex: 1;
  min-width: 0;
}

.pf-Search .pf-Icon {
  position: absolute;
  top: 6px;
  left: 7px;
  fill: var(--jp-ui-font-color2);
}

.pf-Widget .pf-Search input[type='search'] {
  width: 100%;
  padding-left: 28px;
}

.pf-Live {
  display: flex;
  flex: 1;
  align-items: center;
  gap: 6px;
  color: var(--jp-ui-font-color2);
}

.pf-Live::before,
.pf-Dot {
  flex: none;
  width: 8px;
  height: 8px;
  border-radius: 50%;
  background: var(--jp-success-color1);
  content: '';
}

.pf-Live.pf-mod-off::before,
.pf-Dot.pf-mod-queued,
.pf-Dot.pf-mod-cancelled {
  background: var(--jp-ui-font-color3);
}

.pf-Dot.pf-mod-running {
  background: var(--jp-brand-color1);
}

.pf-Dot.pf-mod-failed {
  background: var(--jp-error-color1);
}

.pf-Fold {
  border-bottom: 1px solid var(--jp-border-color2);
}

.pf-List > .pf-Fold:first-child {
  border-top: 1px solid var(--jp-border-color2);
}

.pf-Fold-head {
  display: flex;
  align-items: flex-start;
  gap: 4px;
  width: 100%;
  padding: 7px 12px 7px 6px;
  border: 0;
  background: transparent;
  color: inherit;
  font: inherit;
  text-align: left;
  cursor: pointer;
}

.pf-Fold-head:hover {
  background: var(--jp-layout-color2);
}

.pf-Widget .pf-Fold-head:focus-visible {
  outline-offset: -2px;
}

.pf-Fold-head > .pf-Icon {
  margin-top: 2px;
  fill: var(--jp-ui-font-color2);
  transition: transform 0.12s;
}

.pf-mod-open > .pf-Fold-head > .pf-Icon {
  transform: rotate(90deg);
}

.pf-Fold-text {
  display: flex;
  flex: 1;
  flex-direction: column;
  gap: 3px;
  min-width: 0;
}

.pf-Fold-text > .pf-Sub {
  overflow: hidden;
  text-overflow: ellipsis;
  white-space: nowrap;
}

.pf-Fold-body {
  display: flex;
  flex-direction: column;
  gap: 10px;
  padding: 4px 12px 14px;
}

.pf-Line {
  display: flex;
  align-items: center;
  gap: 6px;
  min-width: 0;
}

.pf-Name {
  flex: 1;
  overflow: hidden;
  font-weight: 600;
  text-overflow: ellipsis;
  white-space: nowrap;
}

/* What people called their jobs may be long: two lines of it are shown, and all of it in a tip. */
.pf-Fold .pf-Name,
.pf-Card-head h2 {
  display: -webkit-box;
  -webkit-box-orient: vertical;
  -webkit-line-clamp: 2;
  overflow: hidden;
  overflow-wrap: anywhere;
  white-space: normal;
}

.pf-Badge,
.pf-Tags li,
.pf-State {
  flex: none;
  padding: 0 7px;
  border: 1px solid var(--jp-border-color1);
  border-radius: 9px;
  color: var(--jp-ui-font-color2);
  font-size: var(--jp-ui-font-size0);
}

.pf-State.pf-mod-running {
  border-color: var(--jp-brand-color1);
  color: var(--jp-brand-color1);
}

.pf-State.pf-mod-succeeded {
  border-color: var(--jp-success-color1);
  color: var(--jp-success-color1);
}

.pf-State.pf-mod-failed {
  border-color: var(--jp-error-color1);
  color: var(--jp-error-color1);
}

.pf-Tags {
  display: flex;
  flex-wrap: wrap;
  gap: 4px;
}

.pf-Uploads {
  display: flex;
  flex-direction: column;
  gap: 6px;
  padding-bottom: 8px !important;
}

.pf-Uploads > li {
  display: flex;
  flex-direction: column;
  gap: 3px;
  padding: 0 12px;
}

.pf-Upload.pf-mod-done .pf-Name::before {
  color: var(--jp-success-color1);
  content: '✓ ';
}

.pf-Drop {
  position: absolute;
  z-index: 2;
  inset: 4px;
  display: none;
  align-items: center;
  justify-content: center;
  gap: 6px;
  border: 2px dashed var(--jp-brand-color1);
  border-radius: 6px;
  background: var(--jp-layout-color1);
  color: var(--jp-brand-color1);
  font-weight: 600;
  opacity: 0.94;
  pointer-events: none;
}

.pf-mod-over > .pf-Drop {
  display: flex;
}

.pf-Section > .pf-Button {
  align-self: center;
  margin: 10px;
}

.pf-Preview canvas,
.pf-Preview svg {
  display: block;
  width: 100%;
  height: 96px;
  border-radius: 3px;
  image-rendering: auto;
}

.pf-Preview svg {
  background: var(--jp-layout-color2);
}

.pf-Preview svg path {
  fill: none;
  stroke: var(--jp-brand-color1);
  stroke-width: 1.5px;
  vector-effect: non-scaling-stroke;
}

.pf-Preview figcaption {
  display: flex;
  flex-wrap: wrap;
  justify-content: space-between;
  gap: 0 8px;
  padding-top: 2px;
  color: var(--jp-ui-font-color2);
  font-size: var(--jp-ui-font-size0);
}

.pf-Preview.pf-mod-waiting {
  height: 96px;
  border-radius: 3px;
  background: var(--jp-layout-color2);
}
`,""]),e.d(r,{},{A:i})},90(o,r,e){var p=e(601),t=e.n(p),a=e(314),i=(e.n(a))()(t());i.push([o.id,`/* What opens in the main area: forms, jobs, reports; and a job's parts, in the panel too. */

.pf-Page {
  display: flex;
  justify-content: center;
  padding: 28px 24px 48px;
}

.pf-Page > * {
  flex: 0 1 760px;
  min-width: 0;
}

.pf-Card {
  display: flex;
  flex-direction: column;
  gap: 14px;
}

.pf-Card-head {
  display: flex;
  align-items: center;
  justify-content: space-between;
  gap: 12px;
}

.pf-Card-head h2 {
  min-width: 0;
  font-size: var(--jp-ui-font-size3);
  font-weight: 600;
  line-height: 1.2;
  overflow-wrap: anywhere;
}

.pf-Lead {
  color: var(--jp-ui-font-color2);
}

.pf-Kinds {
  display: flex;
  flex-wrap: wrap;
  gap: 6px;
}

.pf-Kinds label {
  padding: 3px 12px;
  border: 1px solid var(--jp-border-color1);
  border-radius: 14px;
  cursor: pointer;
}

.pf-Kinds label.pf-mod-chosen {
  border-color: var(--jp-brand-color1);
  box-shadow: inset 0 0 0 1px var(--jp-brand-color1);
  color: var(--jp-brand-color1);
}

.pf-Kinds label:focus-within {
  outline: 2px solid var(--jp-brand-color1);
  outline-offset: 1px;
}

.pf-Kinds input {
  position: absolute;
  opacity: 0;
}

.pf-Form {
  display: flex;
  flex-direction: column;
  gap: 16px;
  padding-top: 4px;
}

.pf-Field,
.pf-Group {
  display: flex;
  flex-direction: column;
  gap: 4px;
}

.pf-Group {
  gap: 12px;
  margin: 0;
  border: 1px solid var(--jp-border-color2);
  border-radius: 4px;
}

details.pf-Group {
  padding: 8px 12px;
}

.pf-Group > summary {
  cursor: pointer;
}

details.pf-Group > .pf-Field {
  margin: 12px 0 4px;
}

.pf-Field label,
.pf-Group > summary,
.pf-Group legend {
  font-weight: 600;
}

.pf-Needed {
  color: var(--jp-ui-font-color2);
  font-size: var(--jp-ui-font-size0);
  font-weight: 400;
}

.pf-Field textarea {
  font-family: var(--jp-code-font-family) !important;
  resize: vertical;
}

.pf-Field input[type='checkbox'] {
  align-self: flex-start;
}

.pf-Wrong {
  color: var(--jp-error-color1);
}

.pf-Widget .pf-mod-wrong :is(input, select, textarea) {
  border-color: var(--jp-error-color1) !important;
}

.pf-Law {
  display: flex;
  flex-direction: column;
  gap: 8px;
}

.pf-Formula {
  overflow: auto hidden;
  padding: 4px 10px;
  scrollbar-width: thin;
  white-space: nowrap;
  border-radius: 4px;
  background: var(--jp-layout-color2);
}

.pf-Verdict strong {
  padding: 0 7px;
  border: 1px solid currentcolor;
  border-radius: 9px;
  color: var(--jp-warn-color1);
  font-size: var(--jp-ui-font-size0);
}

.pf-Verdict.pf-mod-identified strong {
  color: var(--jp-success-color1);
}

.pf-Facts {
  display: grid;
  grid-template-columns: max-content minmax(0, 1fr);
  gap: 2px 12px;
}

.pf-Facts dt {
  color: var(--jp-ui-font-color2);
}

.pf-Facts dd {
  margin: 0;
  overflow-wrap: anywhere;
}

.pf-Log summary {
  color: var(--jp-ui-font-color2);
  cursor: pointer;
}

.pf-LogText {
  overflow: auto;
  max-height: 320px;
  margin: 6px 0 0;
  padding: 8px 10px;
  border-radius: 4px;
  background: var(--jp-layout-color2);
  color: var(--jp-ui-font-color1);
  font-size: var(--jp-ui-font-size0) !important;
  line-height: 1.5;
  white-space: pre;
}

.pf-Files li {
  display: flex;
  justify-content: space-between;
  gap: 8px;
  padding: 2px 0;
}

.pf-Report {
  display: flex;
  flex-direction: column;
  height: 100%;
}

.pf-Report-bar {
  display: flex;
  align-items: center;
  gap: 8px;
  padding: 4px 8px;
  border-bottom: 1px solid var(--jp-border-color2);
}

.pf-Report-bar > .pf-Sub {
  flex: 1;
}

.pf-Report iframe {
  flex: 1;
  width: 100%;
  border: 0;
  background: #fff; /* a report is a printed page, in every theme */
}

.pf-Notes li {
  padding-left: 10px;
  border-left: 2px solid var(--jp-border-color1);
  color: var(--jp-ui-font-color2);
}

.pf-Notes li + li {
  margin-top: 4px;
}

.pf-Fold-body .pf-Formula {
  padding: 0 6px;
  font-size: 88%;
}
`,""]),e.d(r,{},{A:i})},764(o,r,e){var p=e(601),t=e.n(p),a=e(314),i=(e.n(a))()(t());i.push([o.id,`.pf-Button {
  display: inline-flex;
  align-items: center;
  gap: 5px;
  min-height: 28px;
  padding: 2px 10px 2px 8px;
  border: 1px solid var(--jp-border-color1);
  border-radius: 4px;
  background: var(--jp-layout-color1);
  color: var(--jp-ui-font-color1);
  font: inherit;
  text-decoration: none;
  white-space: nowrap;
  cursor: pointer;
}

.pf-Widget a.pf-Button {
  color: var(--jp-ui-font-color1);
}

.pf-Button:hover:not(:disabled) {
  background: var(--jp-layout-color2);
}

.pf-Button:disabled {
  cursor: default;
  opacity: 0.6;
}

.pf-Button.pf-mod-accept {
  border-color: transparent;
  background: var(--jp-accept-color-normal, var(--jp-brand-color1));
  color: white; /* as on Lab's own: the colour below is the same in every theme */
}

.pf-Button.pf-mod-accept:hover:not(:disabled) {
  background: var(--jp-accept-color-hover, var(--jp-brand-color0));
}

.pf-Button.pf-mod-warn {
  border-color: var(--jp-error-color1);
  color: var(--jp-error-color1);
}

.pf-Button.pf-mod-bare {
  min-height: 24px;
  padding: 3px;
  border-color: transparent;
  background: transparent;
  color: var(--jp-ui-font-color2);
}

.pf-Actions,
.pf-Choices {
  display: flex;
  flex-wrap: wrap;
  gap: 6px;
}

.pf-Progress {
  overflow: hidden;
  height: 4px;
  border-radius: 2px;
  background: var(--jp-layout-color3);
}

.pf-Progress-bar {
  height: 100%;
  border-radius: 2px;
  background: var(--jp-brand-color1);
  transition: width 0.3s ease;
}

.pf-Progress.pf-mod-unknown .pf-Progress-bar {
  width: 35%;
  animation: pf-sweep 1.4s ease-in-out infinite;
}

@keyframes pf-sweep {
  from {
    transform: translateX(-100%);
  }

  to {
    transform: translateX(300%);
  }
}

@media (prefers-reduced-motion: reduce) {
  .pf-Progress.pf-mod-unknown .pf-Progress-bar {
    width: 100%;
    animation: none;
    opacity: 0.5;
  }

  .pf-Progress-bar {
    transition: none;
  }
}

.pf-Problem {
  display: flex;
  align-items: flex-start;
  gap: 4px;
  padding: 6px 8px;
  border-left: 3px solid var(--jp-error-color1);
  border-radius: 2px;
  background: var(--jp-layout-color2);
  overflow-wrap: anywhere;
}

.pf-Problem > span {
  flex: 1;
  min-width: 0;
  padding: 2px 0;
}

.pf-Section > .pf-Problem {
  margin: 0 12px 8px;
}

.pf-Empty {
  padding: 16px 20px 24px;
  color: var(--jp-ui-font-color2);
  text-align: center;
}

.pf-Empty-title {
  padding-bottom: 4px;
  color: var(--jp-ui-font-color1);
  font-weight: 600;
}

.pf-Empty code {
  overflow-wrap: anywhere;
}

.pf-Table {
  width: 100%;
  border-collapse: collapse;
  font-size: var(--jp-ui-font-size1);
}

.pf-Table caption {
  padding: 2px 0;
  color: var(--jp-ui-font-color2);
  font-size: var(--jp-ui-font-size0);
  text-align: left;
}

.pf-Table th,
.pf-Table td {
  padding: 3px 8px 3px 0;
  border-top: 1px solid var(--jp-border-color2);
  text-align: left;
  vertical-align: top;
  overflow-wrap: anywhere;
}

.pf-Table th {
  font-family: var(--jp-code-font-family);
  font-weight: 600;
}

.pf-Table td {
  font-variant-numeric: tabular-nums;
}

.pf-Inline {
  display: inline-flex;
  align-items: center;
  gap: 6px;
  min-width: 0;
  color: var(--jp-ui-font-color2);
}

.pf-Widget select,
.pf-Widget textarea,
.pf-Widget input:not([type='checkbox'], [type='radio'], [type='file']) {
  min-width: 0;
  max-width: 100%;
  min-height: 28px;
  padding: 3px 8px;
  border: 1px solid var(--jp-border-color1);
  border-radius: 4px;
  background: var(--jp-input-background, var(--jp-layout-color1));
  color: var(--jp-ui-font-color1);
  font: inherit;
}

.pf-Widget ::placeholder {
  color: var(--jp-ui-font-color2);
  opacity: 1;
}
`,""]),e.d(r,{},{A:i})},314(o){o.exports=function(o){var r=[];return r.toString=function(){return this.map(function(r){var e="",p=void 0!==r[5];return r[4]&&(e+="@supports (".concat(r[4],") {")),r[2]&&(e+="@media ".concat(r[2]," {")),p&&(e+="@layer".concat(r[5].length>0?" ".concat(r[5]):""," {")),e+=o(r),p&&(e+="}"),r[2]&&(e+="}"),r[4]&&(e+="}"),e}).join("")},r.i=function(o,e,p,t,a){"string"==typeof o&&(o=[[null,o,void 0]]);var i={};if(p)for(var n=0;n<this.length;n++){var l=this[n][0];null!=l&&(i[l]=!0)}for(var d=0;d<o.length;d++){var f=[].concat(o[d]);p&&i[f[0]]||(void 0!==a&&(void 0===f[5]||(f[1]="@layer".concat(f[5].length>0?" ".concat(f[5]):""," {").concat(f[1],"}")),f[5]=a),e&&(f[2]&&(f[1]="@media ".concat(f[2]," {").concat(f[1],"}")),f[2]=e),t&&(f[4]?(f[1]="@supports (".concat(f[4],") {").concat(f[1],"}"),f[4]=t):f[4]="".concat(t)),r.push(f))}},r}},601(o){o.exports=function(o){return o[1]}},72(o){var r=[];function e(o){for(var e=-1,p=0;p<r.length;p++)if(r[p].identifier===o){e=p;break}return e}function p(o,p){for(var t={},a=[],i=0;i<o.length;i++){var n=o[i],l=p.base?n[0]+p.base:n[0],d=t[l]||0,f="".concat(l," ").concat(d);t[l]=d+1;var c=e(f),s={css:n[1],media:n[2],sourceMap:n[3],supports:n[4],layer:n[5]};if(-1!==c)r[c].references++,r[c].updater(s);else{var u=function(o,r){var e=r.domAPI(r);return e.update(o),function(r){r?(r.css!==o.css||r.media!==o.media||r.sourceMap!==o.sourceMap||r.supports!==o.supports||r.layer!==o.layer)&&e.update(o=r):e.remove()}}(s,p);p.byIndex=i,r.splice(i,0,{identifier:f,updater:u,references:1})}a.push(f)}return a}o.exports=function(o,t){var a=p(o=o||[],t=t||{});return function(o){o=o||[];for(var i=0;i<a.length;i++){var n=e(a[i]);r[n].references--}for(var l=p(o,t),d=0;d<a.length;d++){var f=e(a[d]);0===r[f].references&&(r[f].updater(),r.splice(f,1))}a=l}}},659(o){var r={};o.exports=function(o,e){var p=function(o){if(void 0===r[o]){var e=document.querySelector(o);if(window.HTMLIFrameElement&&e instanceof window.HTMLIFrameElement)try{e=e.contentDocument.head}catch(o){e=null}r[o]=e}return r[o]}(o);if(!p)throw Error("Couldn't find a style target. This probably means that the value for the 'insert' parameter is invalid.");p.appendChild(e)}},540(o){o.exports=function(o){var r=document.createElement("style");return o.setAttributes(r,o.attributes),o.insert(r,o.options),r}},56(o,r,e){o.exports=function(o){var r=e.nc;r&&o.setAttribute("nonce",r)}},825(o){o.exports=function(o){if("u"<typeof document)return{update:function(){},remove:function(){}};var r=o.insertStyleElement(o);return{update:function(e){var p,t,a;p="",e.supports&&(p+="@supports (".concat(e.supports,") {")),e.media&&(p+="@media ".concat(e.media," {")),(t=void 0!==e.layer)&&(p+="@layer".concat(e.layer.length>0?" ".concat(e.layer):""," {")),p+=e.css,t&&(p+="}"),e.media&&(p+="}"),e.supports&&(p+="}"),(a=e.sourceMap)&&"u">typeof btoa&&(p+="\n/*# sourceMappingURL=data:application/json;base64,".concat(btoa(unescape(encodeURIComponent(JSON.stringify(a))))," */")),o.styleTagTransform(p,r,o.options)},remove:function(){var o;null===(o=r).parentNode||o.parentNode.removeChild(o)}}}},113(o){o.exports=function(o,r){if(r.styleSheet)r.styleSheet.cssText=o;else{for(;r.firstChild;)r.removeChild(r.firstChild);r.appendChild(document.createTextNode(o))}}},959(o,r,e){var p=e(72),t=e.n(p),a=e(825),i=e.n(a),n=e(659),l=e.n(n),d=e(56),f=e.n(d),c=e(540),s=e.n(c),u=e(113),x=e.n(u),g=e(646),v={};v.styleTagTransform=x(),v.setAttributes=f(),v.insert=l().bind(null,"head"),v.domAPI=i(),v.insertStyleElement=s(),t()(g.A,v),g.A&&g.A.locals&&g.A.locals}}]);