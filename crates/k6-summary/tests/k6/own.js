// Somebody's own script: nothing but requests.
import http from 'k6/http';

export const options = {
  vus: 1,
  iterations: 30,
  thresholds: { http_req_duration: ['p(95)<' + (__ENV.LIMIT || 60000)], http_req_failed: ['rate<0.05'] },
};

export default function () {
  http.get(__ENV.URL);
}
