{
 "summary": {
  "id": "01K0PARENT0000000000000000",
  "name": "Example",
  "subpath": "example-customers",
  "public_url": "https://status.example.com/",
  "page_type": "parent",
  "expose_status_summary_api": true,
  "components": [],
  "affected_components": [],
  "ongoing_incidents": [],
  "scheduled_maintenances": [],
  "structure": {
   "id": "fake",
   "status_page_id": "01K0PARENT0000000000000000",
   "items": [
    {
     "component": {
      "component_id": "01K0C0MP0NENT0000000000001",
      "name": "Application",
      "hidden": false,
      "display_uptime": true,
      "data_available_since": "2025-01-01T00:00:00Z"
     }
    }
   ]
  }
 }
}
