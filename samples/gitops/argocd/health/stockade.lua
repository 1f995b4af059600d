-- The health of Stockade's four kinds. Without it Argo CD takes a kind that it does not know for healthy as soon as it exists.
local seen = obj.status ~= nil and obj.status.conditions ~= nil
    and obj.status.observedGeneration == obj.metadata.generation
if not seen then
  return {status = "Progressing", message = "the operator has not looked at this generation yet"}
end

local ready, stalled = {}, {}
for _, condition in ipairs(obj.status.conditions) do
  if condition.type == "Ready" then ready = condition end
  if condition.type == "Stalled" then stalled = condition end
end

-- Reasons that no waiting mends, beside those for which the operator says Stalled.
local broken = {
  Refused = true, Bypass = true, OpenedByPolicy = true, NotIsolated = true, ServiceAccountDeleted = true, RotationOverdue = true
}

local function said(condition)
  return (condition.reason or "Waiting") .. ": " .. (condition.message or "")
end

if stalled.status == "True" then
  return {status = "Degraded", message = said(stalled)}
end
if ready.status == "True" then
  return {status = "Healthy", message = said(ready)}
end
if ready.status == "False" and broken[ready.reason] then
  return {status = "Degraded", message = said(ready)}
end
return {status = "Progressing", message = said(ready)}
