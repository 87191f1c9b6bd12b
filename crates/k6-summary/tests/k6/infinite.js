import { Trend } from 'k6/metrics';

const sizes = new Trend('sizes');

export const options = { iterations: 3 };

export default function () {
  sizes.add(__ITER === 1 ? Infinity : __ITER + 0.5);
}

export function handleSummary(data) {
  return __ENV.HANDLE_SUMMARY ? { [__ENV.HANDLE_SUMMARY]: JSON.stringify(data) } : {};
}
