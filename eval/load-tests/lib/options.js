import { TREND_STATS, thresholds } from './metrics.js';
import { shape } from './profile.js';

/**
 * The k6 options of a script: the shape PROFILE names, the thresholds of THRESHOLDS or of profiles.json, a summary for
 * each slice.
 */
export function optionsFor(name, it, tools = []) {
  const own = __ENV.THRESHOLDS ? JSON.parse(__ENV.THRESHOLDS) : it.thresholds;
  return {
    scenarios: { [name]: shape(it) },
    thresholds: thresholds(own, it.measured, tools),
    summaryTrendStats: TREND_STATS,
    systemTags: ['name', 'method', 'status', 'error_code', 'expected_response', 'scenario', 'group'],
  };
}
