{
 "drpost": false,
 "services": [
  {
   "serviceName": "App Store",
   "redirectUrl": null,
   "events": []
  },
  {
   "serviceName": "iCloud Mail",
   "redirectUrl": null,
   "events": [
    {
     "usersAffected": "All users were affected",
     "epochStartDate": 1777824000000,
     "epochEndDate": 1777829400000,
     "messageId": "2000009090",
     "statusType": "Performance",
     "datePosted": "05/03/2026 10:00 PDT",
     "startDate": "05/03/2026 10:00 PDT",
     "endDate": "05/03/2026 10:00 PDT",
     "affectedServices": null,
     "eventStatus": "resolved",
     "message": "Mail was slow."
    }
   ]
  },
  {
   "serviceName": "Maps",
   "redirectUrl": null,
   "events": [
    {
     "usersAffected": "",
     "epochStartDate": 1777654800000,
     "epochEndDate": 1777658400000,
     "messageId": "2000009001",
     "statusType": "Available",
     "datePosted": "05/01/2026 10:00 PDT",
     "startDate": "05/01/2026 10:00 PDT",
     "endDate": "05/01/2026 10:00 PDT",
     "affectedServices": null,
     "eventStatus": "resolved",
     "message": ""
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
