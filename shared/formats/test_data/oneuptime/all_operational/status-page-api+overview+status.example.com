{"overallStatus":{"_id":"st-1","name":"Operational","priority":1},"statusPage":{"_id":"page-1"},
"statusPageResources":[{"_id":"r-1","displayName":"API","monitorId":{"_type":"ObjectID","value":"mon-1"},"monitor":{"_id":"mon-1","currentMonitorStatusId":{"_type":"ObjectID","value":"st-1"}}}],
"monitorStatuses":[{"_id":"st-1","name":"Operational","isOperationalState":true,"priority":1}],"monitorGroupCurrentStatuses":{},
"activeIncidents":[],"incidentPublicNotes":[],"incidentStateTimelines":[],"timelineIncidents":[{"_id":"inc-1","title":"The API is down","declaredAt":{"_type":"DateTime","value":"2026-05-04T14:00:00.000Z"},"currentIncidentState":{"_id":"is-3","name":"Resolved"},"monitors":[{"_id":"mon-1"}]}],"scheduledMaintenanceEvents":[],"scheduledMaintenanceEventsPublicNotes":[]}
