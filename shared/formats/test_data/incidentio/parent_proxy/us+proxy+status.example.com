{
 "summary": {
  "id": "01K0US00000000000000000000",
  "name": "United States",
  "subpath": "us",
  "public_url": "https://status.example.com/us",
  "page_type": "standalone",
  "components": [
   {
    "id": "01K0C0MP0NENT0000000000001",
    "name": "Application",
    "status_page_id": "01K0US00000000000000000000"
   },
   {
    "id": "01K0C0MP0NENT0000000000002",
    "name": "Billing",
    "status_page_id": "01K0US00000000000000000000"
   }
  ],
  "affected_components": [],
  "ongoing_incidents": [],
  "scheduled_maintenances": [],
  "structure": {
   "id": "01K0US00000000000000000000",
   "status_page_id": "01K0US00000000000000000000",
   "items": [
    {
     "group": {
      "id": "g",
      "name": "Platform",
      "hidden": false,
      "components": [
       {
        "component_id": "01K0C0MP0NENT0000000000001",
        "name": "Application",
        "hidden": false
       }
      ]
     }
    },
    {
     "component": {
      "component_id": "01K0C0MP0NENT0000000000002",
      "name": "Billing",
      "hidden": false
     }
    }
   ]
  }
 }
}
