import { useState } from 'preact/hooks';
import type { UploadMethod } from '../../shared/protocol.ts';
import { manager } from './model.ts';

export function MethodSelector({ pending }: { pending: number }) {
  const [method, setMethod] = useState<UploadMethod>(manager.getUploadMethod());
  const choose = (value: UploadMethod): void => {
    manager.setUploadMethod(value);
    setMethod(value);
  };
  return (
    <footer class="upload-method-selector">
      <label for="uploadMethodSelect">Upload method:</label>
      <select id="uploadMethodSelect" value={method} onChange={(event) => choose(event.currentTarget.value as UploadMethod)}>
        <option value="tus">TUS (Resumable)</option>
        <option value="custom">Custom (Fallback)</option>
      </select>
      <div id="pendingUploadsBadge" class={pending === 0 ? 'none' : ''}>{pending} pending</div>
    </footer>
  );
}
