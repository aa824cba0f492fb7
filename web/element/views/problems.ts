/**
 * What a user should know now, each in its one sentence; gone when it is over.
 */
import { html, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { Status } from '../../../core/face.ts';

/** The region stays, so that a screen reader hears what comes into it. */
export function problemsView({ problems, closed }: Status): TemplateResult {
  const shown = closed ? [...problems, closedProblem] : problems;
  return html`
    <ul class="problems" role="list" aria-live="polite">
      ${repeat(
        shown,
        ({ code }) => code,
        ({ code, message }) => html`<li class="problem" part="problem" data-code=${code}>${message}</li>`,
      )}
    </ul>
  `;
}

const closedProblem = { code: 'closed', message: 'This peer has been closed. Load the page again to open it.' };
