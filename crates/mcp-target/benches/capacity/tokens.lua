-- Refreshes: each request takes the refresh token that has waited longest, each answer brings the next one.
local first, last, waiting = 1, 0, {}
local failed = 0

for line in io.lines(os.getenv('TOKENS')) do
  last = last + 1
  waiting[last] = line
end

local head = { ['Content-Type'] = 'application/x-www-form-urlencoded' }
local form = os.getenv('FORM')

function request()
  local token = waiting[first]
  if token == nil then return wrk.format('GET', '/health') end
  waiting[first] = nil
  first = first + 1
  return wrk.format('POST', '/token', head, form .. token)
end

function response(status, _, body)
  local token = string.match(body, '"refresh_token":"([^"]+)"')
  if token ~= nil then
    last = last + 1
    waiting[last] = token
  elseif status ~= 200 then
    failed = failed + 1
  end
end
