{
 "drpost": false,
 "services": [
  {
   "serviceName": "App Store",
   "redirectUrl": null,
   "events": [
    {
     "usersAffected": "Some users are affected",
     "epochStartDate": 1777906200000,
     "epochEndDate": 1777909200000,
     "messageId": "2000009101",
     "statusType": "Outage",
     "datePosted": "05/04/2026 08:10 PDT",
     "startDate": "05/04/2026 08:10 PDT",
     "endDate": "05/04/2026 08:10 PDT",
     "affectedServices": [
      "Purchases"
     ],
     "eventStatus": "resolved",
     "message": "Purchases fail. We are investigating."
    }
   ]
  },
  {
   "serviceName": "Apple Books",
   "redirectUrl": null,
   "events": [
    {
     "usersAffected": "Some users are affected",
     "epochStartDate": 1777906200000,
     "epochEndDate": 1777909200000,
     "messageId": "2000009101",
     "statusType": "Outage",
     "datePosted": "05/04/2026 08:10 PDT",
     "startDate": "05/04/2026 08:10 PDT",
     "endDate": "05/04/2026 08:10 PDT",
     "affectedServices": [
      "Purchases"
     ],
     "eventStatus": "resolved",
     "message": "Purchases fail. We are investigating."
    }
   ]
  },
  {
   "serviceName": "Siri",
   "redirectUrl": null,
   "events": []
  }
 ]
}
