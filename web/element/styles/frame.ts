/**
 * How the element is laid out: its header, problems, form and the two columns. One column until 52 rem of its own width.
 */
import { css } from 'lit';

export const frameStyles = css`
  .sheet {
    display: grid;
    gap: 1.75rem;
    padding: var(--mccloud-padding, 1.25rem);
  }

  .columns,
  .main,
  .side {
    display: grid;
    align-content: start;
    gap: 2.25rem;
    min-inline-size: 0;
  }

  /* Header */
  .status {
    display: grid;
    gap: 1.25rem;
    padding-block-end: 1.25rem;
    border-block-end: 1px solid var(--_line);
  }

  .own {
    display: flex;
    align-items: center;
    gap: 0.875rem;
  }

  .own .tartan {
    inline-size: 3.75rem;
    block-size: 3.75rem;
    border-radius: 3px;
  }

  .own p {
    display: flex;
    flex-wrap: wrap;
    align-items: baseline;
    column-gap: 0.75rem;
  }

  .own .note {
    flex-basis: 100%;
    line-height: 1.25;
  }

  .own code {
    font-size: 1.125rem;
    letter-spacing: -0.01em;
  }

  .facts {
    display: grid;
    grid-template-columns: repeat(auto-fill, minmax(7.25rem, 1fr));
    gap: 1rem 1.25rem;
  }

  .fact dt {
    color: var(--_quiet);
    font-size: 0.8125rem;
    line-height: 1.25;
  }

  .fact dd {
    display: grid;
  }

  .value {
    font-size: 1.0625rem;
    line-height: 1.5;
  }

  .fact .note {
    font-size: 0.75rem;
    line-height: 1.35;
  }

  progress {
    inline-size: 3.5rem;
    block-size: 0.5rem;
    accent-color: var(--_ink);
  }

  /* Problems */
  .problems .problem {
    margin-block-start: 0.75rem;
  }

  .problem {
    padding: 0.625rem 0.875rem;
    border-inline-start: 4px solid var(--_madder);
    background: var(--_wash);
    font-size: 0.9375rem;
  }

  .opening {
    color: var(--_quiet);
  }

  /* Share */
  .share {
    display: grid;
    gap: 0.375rem;
  }

  .share > label {
    font-size: 0.9375rem;
  }

  .line {
    display: grid;
    grid-template-columns: minmax(0, 1fr) auto;
    align-items: end;
    gap: 0.75rem;
  }

  textarea,
  .line input {
    display: block;
    inline-size: 100%;
    min-block-size: 2.75rem;
    max-block-size: 14rem;
    padding: 0.5625rem 0.75rem;
    border: 1px solid var(--_quiet);
    border-radius: 2px;
    background: transparent;
    font-size: 1.0625rem;
    line-height: 1.5;
    field-sizing: content;
    resize: none;
  }

  textarea[aria-invalid='true'] {
    border-color: var(--_madder);
  }

  .line input {
    font-size: 0.9375rem;
  }

  .line button {
    min-block-size: 2.75rem;
  }

  .hint {
    min-block-size: 1.25rem;
    line-height: 1.35;
  }

  .fault {
    color: var(--_madder);
    font-size: 0.875rem;
    font-weight: 600;
  }

  /* Links */
  .peers ul {
    display: grid;
    margin-block-start: 0.625rem;
  }

  .peer {
    display: grid;
    padding-block: 0.5rem;
    border-block-start: 1px solid var(--_line);
    line-height: 1.4;
  }

  .peer .note {
    padding-inline-start: 1.6875rem;
  }

  /* The chain as a file */
  .transfer {
    display: grid;
    gap: 0.25rem;
    line-height: 1.4;
  }

  .transfer button {
    margin-inline-end: 0.75rem;
  }

  .transfer progress {
    inline-size: 100%;
  }

  @container (min-width: 52rem) {
    .sheet {
      gap: 2.25rem;
    }

    .status {
      grid-template-columns: auto minmax(0, 1fr);
      align-items: center;
      gap: 3rem;
    }

    .facts {
      grid-template-columns: repeat(5, auto);
      justify-content: space-between;
    }

    .columns {
      grid-template-columns: minmax(0, 1fr) 15.5rem;
      gap: 3.5rem;
    }
  }
`;
